# Tests that need a kernel of their own, with iSCSI, multipath, NVMe and Fibre Channel: each is one VM (conformance/lab), with many
# cases in it. What a VM leaves (console, JUnit, times) lies in build/<preset>/lab/<name>.

# drover_lab_test(<name> [SECONDS limit] [MEMORY MiB] [DAEMONS name ...] COMMAND ...): a ctest entry lab.<name>, whose command runs
# in the VM, where the build folder is in sight. Skipped, with the reason, where the VM cannot run. Not with sanitizers: on an
# emulated processor they take hours.
function(drover_lab_test name)
    if(NOT BUILD_TESTING OR DROVER_SANITIZE)
        return()
    endif()
    cmake_parse_arguments(arg "" "SECONDS;MEMORY" "DAEMONS;COMMAND" ${ARGN})
    set(options -o ${CMAKE_BINARY_DIR}/lab/${name})
    set(seconds 600)
    if(arg_SECONDS)
        set(seconds ${arg_SECONDS})
    endif()
    if(arg_MEMORY)
        list(APPEND options -m ${arg_MEMORY})
    endif()
    foreach(daemon ${arg_DAEMONS})
        list(APPEND options -d ${daemon})
    endforeach()
    add_test(NAME lab.${name} COMMAND ${CMAKE_SOURCE_DIR}/conformance/lab/vm-run -t ${seconds} ${options} -- ${arg_COMMAND})
    # It may be booted twice, and its kernel may have to be fetched.
    math(EXPR limit "2 * ${seconds} + 300")
    set_tests_properties(lab.${name} PROPERTIES LABELS lab RUN_SERIAL TRUE TIMEOUT ${limit} SKIP_RETURN_CODE 77)
endfunction()

# drover_lab_program(<name> SOURCES ... LINK ... [the options of drover_lab_test]): a GoogleTest program that runs in one VM, as
# lab.<name>.
function(drover_lab_program name)
    if(NOT BUILD_TESTING)
        return()
    endif()
    cmake_parse_arguments(arg "" "SECONDS;MEMORY" "SOURCES;LINK;DAEMONS" ${ARGN})
    add_executable(lab_${name} ${arg_SOURCES})
    target_link_libraries(lab_${name} PRIVATE drover_flags ${arg_LINK} GTest::gmock GTest::gtest_main)
    set_target_properties(lab_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    drover_lab_test(${name} SECONDS ${arg_SECONDS} MEMORY ${arg_MEMORY} DAEMONS ${arg_DAEMONS} COMMAND $<TARGET_FILE:lab_${name}>
                    --gtest_output=xml:/vm-out/cases.xml)
endfunction()
