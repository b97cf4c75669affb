# Completion of bandwidth-webrtc-bulk for bash; installed under the program's name.
_bandwidth_webrtc_bulk() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} words i command=
    # An option with "=" and its value comes as three words, for "=" is among COMP_WORDBREAKS.
    if [ "$option" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    elif [ "$word" = "=" ]; then
        word=
    fi
    COMPREPLY=()
    case $option in
    --api) words="webrtc brtc" ;;
    --progress | --color) words="auto always never" ;;
    --shard) words="auto" ;;
    --base-url) words="https://" ;;
    -o | --operations) words="create,join,get,list,subscribe,remove,delete create,get,list,delete" ;;
    --mix) words="get_session= get_participant= list_session_participants=" ;;
    --ca-file | --journal | --resume | -j | --json | --report | --csv | --seconds-csv | --hgrm | --new)
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        # The name after --json may be left out.
        case $option:$word in -j:-* | --json:-*) ;; *) return ;; esac
        words=
        ;;
    -s | --sessions | -p | --participants | -e | --endpoints | --think | -c | --connections | -d | --depth | \
        -n | --callers | -t | --threads | -r | --rate | --ramp | --duration | --warm-up | --attempts | \
        --timeout | --abort-after | --clean-up-timeout | --delay | --run-id | --threshold | --tolerance)
        return ;; # anything
    esac
    if [ -z "${words-}" ]; then
        for ((i = 1; i < COMP_CWORD; i++)); do
            case ${COMP_WORDS[i]} in clean-up | merge | compare) command=${COMP_WORDS[i]} ;; esac
        done
        words="--api --sessions --participants --endpoints --operations --lives --think --mix
            --connections --depth --callers --threads --rate --poisson --ramp --duration --warm-up --attempts
            --timeout --abort-after --clean-up-timeout --delay --base-url --ca-file --real --shard --run-id
            --journal --no-journal --resume --json --report --csv --seconds-csv --hgrm --threshold --progress
            --color --quiet --dry-run --help --version"
        case $command in
        compare) words="$words --new --tolerance" ;;
        "") words="$words clean-up merge compare" ;;
        esac
        if [ -n "$command" ] && [ "${word#-}" = "$word" ]; then
            compopt -o filenames 2> /dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
        fi
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _bandwidth_webrtc_bulk bandwidth-webrtc-bulk
