#compdef bandwidth-webrtc-bulk
# Completion of bandwidth-webrtc-bulk for zsh; installed as _bandwidth-webrtc-bulk.
_arguments -S \
    '--api=[which API]:API:(webrtc brtc)' \
    '(-s --sessions)'{-s,--sessions=}'[sessions]:count:' \
    '(-p --participants)'{-p,--participants=}'[participants in each session]:count:' \
    '(-e --endpoints)'{-e,--endpoints=}'[endpoints, with --api brtc]:count:' \
    '(-o --operations)'{-o,--operations=}'[what is done, in this order]:operations:_sequence compadd - create join get list subscribe remove update delete' \
    '--lives[each session lives its own life]' \
    '--think=[pause between the calls of a life]:duration:' \
    '--mix=[calls at random by weight]:calls:' \
    '(-c --connections)'{-c,--connections=}'[connections at most]:count:' \
    '(-d --depth)'{-d,--depth=}'[requests in flight on a connection at most]:count:' \
    '(-n --callers)'{-n,--callers=}'[calls or lives under way at the same time]:count:' \
    '(-t --threads)'{-t,--threads=}'[threads]:count:' \
    '(-r --rate)'{-r,--rate=}'[calls or lives that begin in each second]:rate:' \
    '--poisson[with --rate, at random distances]' \
    '--ramp=[how long the rate or the callers grow]:duration:' \
    '--duration=[how long lives or the mix begin]:duration:' \
    '--warm-up=[how long calls are made and not measured]:duration:' \
    '--attempts=[attempts of a call that may be repeated]:count:' \
    '--timeout=[timeout of each call]:duration:' \
    '--abort-after=[end the run without a success for so long]:duration:' \
    '--clean-up-timeout=[how long the deleting at the end tries]:duration:' \
    "--delay=[how long the embedded service's responses take]:duration:" \
    '--base-url=[the service to call]:URL:_urls' \
    '--ca-file=[certificate authorities to trust]:file:_files' \
    "--real[call Bandwidth's service]" \
    '--shard=[part I of N of the sessions]:I/N:(auto)' \
    '--run-id=[name of the run]:text:' \
    '--journal=[keep a journal in this new file]:file:_files' \
    '--no-journal[keep no journal]' \
    '--resume=[go on with the run of this journal]:file:_files' \
    '(-j --json)'{-j,--json=}'[report as JSON]::file:_files' \
    '--report=[report as an HTML page]:file:_files' \
    '--csv=[table of the operations as CSV]:file:_files' \
    '--seconds-csv=[seconds of the run as CSV]:file:_files' \
    '--hgrm=[percentile distributions for HdrHistogram]:prefix:_files' \
    '*--threshold[condition without which the exit status is 99]:condition:' \
    '--progress=[show where the run stands]:when:(auto always never)' \
    '--color=[colours]:when:(auto always never)' \
    '(-q --quiet)'{-q,--quiet}'[the report and errors alone]' \
    '--dry-run[tell what would be done, and do nothing]' \
    '--new=[of compare, the new reports]:report:_files' \
    '--tolerance=[of compare, smaller differences are none]:percent:' \
    '(- *)'{-h,--help}'[print the options]' \
    '(- *)'{-V,--version}'[print the versions]' \
    '1:command:((clean-up\:"delete what a journal says exists" merge\:"make one report of several" compare\:"tell what differs between two reports"))' \
    '*:file:_files'
