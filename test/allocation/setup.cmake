# Hundreds of handshakes for each case, and pauses where a dial's end was lost.
list(APPEND folder_properties TIMEOUT 400)
