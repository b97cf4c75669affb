# Makes programs of what stands between ``` fences in README.md and doc/*.md, so that nothing in there can rot:
#   ```cpp            statements of a coroutine: see snippet.hpp for what is in scope. One test case each.
#   ```cpp file       a source file of its own, in the same program; it may hold test cases
#   ```cpp program    a whole program, built and run
#   ```text output    what the last program above prints; ids may be others
#   ```text output like  how its output ends; numbers may be others
#   ```cmake NAME     the CMakeLists.txt of a user's project, whose main.cpp is the README's first program. Without project()
#                     it is what stands in the place of find_package in the README's. (README.md and doc/install.md only)
#   ```sh pkg_config  how that program is built without CMake (the same pages)
#   ```text, sh, diff what is not built. A fence without a language is refused, so that no code goes unchecked by accident.
# The lines of a page stand in the compiler's messages and in the names of the tests.
set(readme_dir ${PROJECT_BINARY_DIR}/test/readme)

function(readme_write file text)
    file(WRITE ${file}.new "${text}")
    file(COPY_FILE ${file}.new ${file} ONLY_IF_DIFFERENT)
    file(REMOVE ${file}.new)
endfunction()

# Calls readme_take(page info line code) for each fenced block of the page.
function(readme_read page)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
    file(READ ${page} text)
    set(line 1)
    while(TRUE)
        string(FIND "${text}" "\n```" open)
        if(open EQUAL -1)
            break()
        endif()
        math(EXPR after_open "${open} + 4")
        string(SUBSTRING "${text}" 0 ${after_open} passed)
        string(SUBSTRING "${text}" ${after_open} -1 text)
        string(FIND "${text}" "\n" info_end)
        string(SUBSTRING "${text}" 0 ${info_end} info)
        string(FIND "${text}" "\n```" close)
        if(close EQUAL -1)
            message(FATAL_ERROR "${page}: the last fenced block does not end")
        endif()
        math(EXPR code_length "${close} - ${info_end}")
        string(SUBSTRING "${text}" ${info_end} ${code_length} code)
        string(REGEX REPLACE "[^\n]" "" newlines "${passed}")
        string(LENGTH "${newlines}" count)
        math(EXPR line "${line} + ${count}")
        math(EXPR first "${line} + 1")
        readme_take(${page} "${info}" ${first} "${code}\n")
        # Past the closing fence.
        math(EXPR after_close "${close} + 4")
        string(SUBSTRING "${text}" 0 ${after_close} passed)
        string(SUBSTRING "${text}" ${after_close} -1 text)
        string(REGEX REPLACE "[^\n]" "" newlines "${passed}")
        string(LENGTH "${newlines}" count)
        math(EXPR line "${line} + ${count}")
    endwhile()
endfunction()

function(readme_take page info line code)
    cmake_path(GET page FILENAME name)
    cmake_path(GET page STEM stem)
    set(located "#line ${line} \"${page}\"${code}")
    if(info STREQUAL "cpp")
        string(CONCAT snippet
            "static asio::awaitable<void> ${stem}_snippet_${line}([[maybe_unused]] readme::scene& scene) {\n"
            "    README_SCENE(scene);\n    {\n${located}    }\n    co_return;\n}\n"
            "TEST_CASE(\"${name}:${line}\") { readme::run(&${stem}_snippet_${line}); }\n\n")
        set_property(GLOBAL APPEND_STRING PROPERTY readme_snippets_${stem} "${snippet}")
    elseif(info STREQUAL "cpp file")
        readme_write(${readme_dir}/${stem}_${line}.cpp "${located}")
        set_property(GLOBAL APPEND PROPERTY readme_files ${readme_dir}/${stem}_${line}.cpp)
        set_source_files_properties(${readme_dir}/${stem}_${line}.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    elseif(info STREQUAL "cpp program")
        set(program ${stem}_program)
        get_property(known GLOBAL PROPERTY readme_programs)
        if(program IN_LIST known) # a page's first program has no number, since others build it too
            set(program ${stem}_program_${line})
        endif()
        readme_write(${readme_dir}/${program}.cpp "${code}") # no #line: the same text for every build
        set_property(GLOBAL APPEND PROPERTY readme_programs ${program})
    elseif(info MATCHES "^text output( like)?$")
        set(how exact)
        if(CMAKE_MATCH_1)
            set(how like)
        endif()
        get_property(known GLOBAL PROPERTY readme_programs)
        list(FILTER known INCLUDE REGEX "^${stem}_program")
        list(POP_BACK known program)
        string(SUBSTRING "${code}" 1 -1 code)
        readme_write(${readme_dir}/${program}.output "${code}")
        set_property(GLOBAL PROPERTY readme_output_of_${program} ${how})
    elseif(name MATCHES "^(README|install)\\.md$" AND info MATCHES "^(cmake|sh) ([a-z_]+)$")
        set(project ${CMAKE_MATCH_2})
        set(file CMakeLists.txt)
        if(CMAKE_MATCH_1 STREQUAL "sh")
            set(file build.sh)
        elseif(NOT code MATCHES "\nproject\\(")
            file(READ ${readme_dir}/find_package/CMakeLists.txt whole) # README.md is the first page
            string(REGEX REPLACE "\nfind_package[^\n]*\n" "${code}" code "${whole}")
        endif()
        file(MAKE_DIRECTORY ${readme_dir}/${project})
        readme_write(${readme_dir}/${project}/${file} "${code}")
        set_property(GLOBAL APPEND PROPERTY readme_projects ${project})
    elseif(info STREQUAL "")
        message(FATAL_ERROR "${page}:${line}: a block without a language; what is no code is ```text, and test/readme/setup.cmake has the rest")
    elseif(info MATCHES "^(c|cc|cpp|cxx|c\\+\\+|h|hpp|cmake)( .*)?$") # and all else is no code of ours
        message(FATAL_ERROR "${page}:${line}: a block of the kind \"${info}\" is not tested; see test/readme/setup.cmake")
    endif()
endfunction()

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/doc/*.md)
list(PREPEND pages ${PROJECT_SOURCE_DIR}/README.md)
file(MAKE_DIRECTORY ${readme_dir})
foreach(page IN LISTS pages)
    cmake_path(GET page STEM stem)
    set_property(GLOBAL PROPERTY readme_snippets_${stem} "")
endforeach()
foreach(kind files programs projects)
    set_property(GLOBAL PROPERTY readme_${kind} "")
endforeach()
foreach(page IN LISTS pages)
    readme_read(${page})
    cmake_path(GET page STEM stem)
    get_property(snippets GLOBAL PROPERTY readme_snippets_${stem})
    if(NOT snippets STREQUAL "")
        readme_write(${readme_dir}/${stem}_snippets.cpp "#include \"readme/snippet.hpp\"\n\n${snippets}")
        set_property(GLOBAL APPEND PROPERTY readme_files ${readme_dir}/${stem}_snippets.cpp)
    endif()
endforeach()

get_property(generated GLOBAL PROPERTY readme_files)
target_sources(test_readme PRIVATE ${generated})
# A snippet may show how a variable is made and not use it, and may have a client of its own.
set(lenient -Wno-shadow -Wno-unused-variable -Wno-unused-but-set-variable)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND lenient -Wno-subobject-linkage) # g++ takes a page named in #line for a header
endif()
target_compile_options(test_readme PRIVATE ${lenient})
# For pages_test.cpp, which reads tables.
target_compile_definitions(test_readme PRIVATE README_PAGES="${PROJECT_SOURCE_DIR}/doc")

get_property(programs GLOBAL PROPERTY readme_programs)
foreach(program IN LISTS programs)
    add_executable(readme_${program} ${readme_dir}/${program}.cpp)
    target_link_libraries(readme_${program} PRIVATE bandwidth::webrtc bandwidth::webrtc_testing)
    bandwidth_webrtc_set_flags(readme_${program})
    get_property(how GLOBAL PROPERTY readme_output_of_${program})
    if(how)
        add_test(NAME readme/${program} COMMAND ${PROJECT_SOURCE_DIR}/test/readme/output.sh
            ${how} ${readme_dir}/${program}.output $<TARGET_FILE:readme_${program}>)
    else()
        add_test(NAME readme/${program} COMMAND readme_${program})
    endif()
    set_tests_properties(readme/${program} PROPERTIES ${properties} LABELS readme)
endforeach()

# ---- what it takes to build the program, where a sanitizer makes no difference ----
if(NOT BANDWIDTH_WEBRTC_SANITIZE)
    list(TRANSFORM programs REPLACE "(.+)" "${readme_dir}/\\1.cpp" OUTPUT_VARIABLE program_files)
    add_test(NAME readme/no_broken_await
             COMMAND ${PROJECT_SOURCE_DIR}/cmake/check_awaits.sh ${generated} ${program_files})
    set_tests_properties(readme/no_broken_await PROPERTIES LABELS readme)

    # Packages that the pages name are those that the scripts install.
    file(READ ${PROJECT_SOURCE_DIR}/cmake/setup.sh setup)
    set(lines)
    foreach(page README.md doc/install.md)
        file(READ ${PROJECT_SOURCE_DIR}/${page} text)
        string(REGEX REPLACE "\\\\\n +" "" text "${text}") # a command in several lines
        string(REGEX MATCHALL "apt-get install [^\n]+" found "${text}")
        if(NOT found)
            message(FATAL_ERROR "${page}: no line tells which packages to install")
        endif()
        list(APPEND lines ${found})
    endforeach()
    foreach(line IN LISTS lines)
        string(REPLACE " " ";" words "${line}")
        list(REMOVE_ITEM words apt-get install)
        foreach(word IN LISTS words)
            string(REGEX REPLACE "([.+])" "\\\\\\1" word "${word}")
            if(NOT setup MATCHES "[ \"]${word}[ \"\n]")
                message(FATAL_ERROR "The package ${word}, which the pages name, is not in cmake/setup.sh")
            endif()
        endforeach()
    endforeach()
endif()

if(NOT BANDWIDTH_WEBRTC_SANITIZE AND BANDWIDTH_WEBRTC_INSTALL)
    get_property(projects GLOBAL PROPERTY readme_projects)
    list(GET programs 0 program)
    foreach(project IN LISTS projects)
        file(COPY_FILE ${readme_dir}/${program}.cpp ${readme_dir}/${project}/main.cpp ONLY_IF_DIFFERENT)
    endforeach()
    set(compiler -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER})
    set(stage ${PROJECT_BINARY_DIR}/test/consumer/stage) # installed by the test consumer/install

    add_test(NAME readme/find_package COMMAND ${CMAKE_CTEST_COMMAND}
        --build-and-test ${readme_dir}/find_package ${readme_dir}/find_package/build
        --build-generator ${CMAKE_GENERATOR} --build-options ${compiler} -DCMAKE_PREFIX_PATH=${stage}
        --test-command my_program)
    add_test(NAME readme/pkg_config COMMAND sh -ec "PKG_CONFIG_PATH=$(dirname \"$(find '${stage}' -name bandwidth-webrtc.pc)\")
        export PKG_CONFIG_PATH; . ./build.sh; ./my_program" WORKING_DIRECTORY ${readme_dir}/pkg_config)
    set_tests_properties(readme/find_package readme/pkg_config PROPERTIES FIXTURES_REQUIRED static_stage)

    # Only configured: consumer/add_subdirectory builds one. What FetchContent would download is here.
    file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${readme_dir}/add_subdirectory/bandwidth-webrtc SYMBOLIC)
    foreach(project add_subdirectory fetch_content)
        add_test(NAME readme/${project} COMMAND ${CMAKE_COMMAND} -G ${CMAKE_GENERATOR} ${compiler}
            -DFETCHCONTENT_SOURCE_DIR_BANDWIDTH_WEBRTC=${PROJECT_SOURCE_DIR}
            -S ${readme_dir}/${project} -B ${readme_dir}/${project}/build)
    endforeach()
    set_tests_properties(readme/find_package readme/pkg_config readme/add_subdirectory readme/fetch_content PROPERTIES
        LABELS readme TIMEOUT 900)
endif()
