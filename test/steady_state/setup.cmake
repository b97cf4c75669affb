# It replaces the program's allocators: the compiler must not see into them where they are called.
set_source_files_properties(steady_state/counting_allocators.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
