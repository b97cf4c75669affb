# Hundreds of handshakes for each case, and pauses where a dial's end was lost.
list(APPEND folder_properties TIMEOUT 400)
# It replaces the program's allocators: the compiler must not see into them where they are called.
set_source_files_properties(allocation/allocation_failure.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
