#compdef bandwidth-webrtc-loopback
# Completion of bandwidth-webrtc-loopback for zsh; installed as _bandwidth-webrtc-loopback.
_arguments -S \
    '--port=[port to listen on]:port:' \
    '--address=[IP address to listen on]:address:(127.0.0.1 \:\:1)' \
    '--account=[the one account that exists]:id:' \
    '--username=[user name that requests must carry]:name:' \
    '--password=[password that requests must carry]:text:' \
    '--client-id=[client id for which access tokens are issued]:id:' \
    '*--client-secret=[secret of the client]:text:' \
    '--token-lifetime=[how long an access token is valid]:seconds:' \
    '*--delay=[time between a request and its response]:time:' \
    '*--fault=[what to do wrong]:fault:_sequence compadd -S "" - method= target= after= times= always status= throttle= delay= header= truncate= garbage= reset close-before close-after' \
    '*--throttle=[requests in a second, or in a time]:rate:' \
    '--max-endpoints=[BRTC endpoints at a time]:count:' \
    '--empty-lists-as-204[204 in place of empty lists]' \
    '--older-device-api-versions[take V2, v2 and v3, too]' \
    '--write-ca=[file for the certificate authority]:file:_files' \
    '--metrics[serve GET /metrics]' \
    '--log[print a line for every response]' \
    '(- *)'{-h,--help}'[print the options]' \
    '(- *)--version[print the versions]'
