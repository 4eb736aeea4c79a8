# drv_add_driver(<name> SOURCES ... [LINK ...] [CONFORMANCE_CONFIG file]): one driver, <name>.so, that exports exactly
# drv_entry_v1. <name> is the backend name: ^[a-z][a-z0-9_-]{0,62}$. With DROVER_DRIVER_OUTPUT_DIRECTORY set the file
# goes there. With CONFORMANCE_CONFIG, and a target drover-conformance, the suite on this driver becomes a test.
set(DROVER_ADD_DRIVER_DIR ${CMAKE_CURRENT_LIST_DIR})

function(drv_add_driver name)
    cmake_parse_arguments(arg "" "CONFORMANCE_CONFIG" "SOURCES;LINK" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "drv_add_driver(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT name MATCHES "^[a-z][a-z0-9_-]*$")
        message(FATAL_ERROR "drv_add_driver(${name}): a driver's name is lower case: ^[a-z][a-z0-9_-]{0,62}$")
    endif()
    set(script ${DROVER_ADD_DRIVER_DIR}/driver.version)

    add_library(${name} MODULE ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE drover_sdk ${arg_LINK})
    set_target_properties(
        ${name}
        PROPERTIES PREFIX ""
                   SUFFIX ".so"
                   C_VISIBILITY_PRESET hidden
                   CXX_VISIBILITY_PRESET hidden
                   VISIBILITY_INLINES_HIDDEN ON
                   POSITION_INDEPENDENT_CODE ON
                   LINK_DEPENDS ${script})
    if(DROVER_DRIVER_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${DROVER_DRIVER_OUTPUT_DIRECTORY})
    endif()
    # One symbol out, none of the host's in, nothing left unresolved until it is called. The script also makes gcc's
    # GNU_UNIQUE symbols local, which would pin the library and share inline statics between drivers; -fno-gnu-unique
    # would do the same, but clang and the tools built on it refuse the flag.
    target_link_options(${name} PRIVATE -Wl,--version-script=${script} -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,nodelete)
    # A sanitizer's runtime lies in the program, so its symbols are open here by design.
    if(NOT DROVER_SANITIZE AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
        target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()

    if(arg_CONFORMANCE_CONFIG AND BUILD_TESTING)
        get_filename_component(config ${arg_CONFORMANCE_CONFIG} ABSOLUTE)
        # The suite may be defined later in the same build than the driver.
        cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]] CALL drv_add_conformance_test [[${name}]] [[${config}]])")
    endif()
endfunction()

function(drv_add_conformance_test name config)
    if(TARGET drover-conformance)
        add_test(NAME conformance.${name} COMMAND drover-conformance $<TARGET_FILE:${name}> --config ${config})
        set_tests_properties(conformance.${name} PROPERTIES TIMEOUT 900)
    endif()
endfunction()
