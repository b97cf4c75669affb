# Completion of bandwidth-webrtc-loopback for bash; installed under the program's name.
_bandwidth_webrtc_loopback() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} words=
    # An option with "=" and its value comes as three words, for "=" is among COMP_WORDBREAKS.
    if [ "$option" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    elif [ "$word" = "=" ]; then
        word=
    fi
    COMPREPLY=()
    case $option in
    --address) words="127.0.0.1 ::1" ;;
    --fault) words="method= target= after= times= always status= throttle= delay= header= truncate= garbage= reset close-before close-after" ;;
    --write-ca)
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return ;;
    --port | --account | --username | --password | --client-id | --client-secret | --token-lifetime | --delay | \
        --throttle | --max-endpoints)
        return ;; # anything
    *)
        words="--port --address --account --username --password --client-id --client-secret --token-lifetime --delay
            --fault --throttle --max-endpoints --empty-lists-as-204 --older-device-api-versions --write-ca --metrics
            --log --help --version" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _bandwidth_webrtc_loopback bandwidth-webrtc-loopback
