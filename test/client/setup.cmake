# Its coroutine templates take lambdas, which g++ 12 warns of where the file is not the one that it compiles.
set_source_files_properties(client/operations_test.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
