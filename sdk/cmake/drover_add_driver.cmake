# drv_add_driver(<name> SOURCES ... [LINK ...] [CONFORMANCE_CONFIG file] [NO_INSTALL]): one driver, <name>.so, that exports
# exactly drv_entry_v1. <name> is the backend name: ^[a-z][a-z0-9_-]{0,62}$. With DROVER_DRIVER_OUTPUT_DIRECTORY set the file
# goes there. `cmake --install` puts it into lib/drover/drivers below the prefix (component driver-<name>): for the agent to
# find it without agent.driver-dir in agent.yml, the prefix is /usr. NO_INSTALL: not this one. With CONFORMANCE_CONFIG the suite on this driver becomes
# a test, conformance.<name>, run by the program drover-conformance: this build's, or else DROVER_CONFORMANCE, the installed one.
set(DROVER_ADD_DRIVER_DIR ${CMAKE_CURRENT_LIST_DIR})

function(drv_add_driver name)
    cmake_parse_arguments(arg "NO_INSTALL" "CONFORMANCE_CONFIG" "SOURCES;LINK" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "drv_add_driver(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT name MATCHES "^[a-z][a-z0-9_-]*$")
        message(FATAL_ERROR "drv_add_driver(${name}): a driver's name is lower case: ^[a-z][a-z0-9_-]{0,62}$")
    endif()
    set(script ${DROVER_ADD_DRIVER_DIR}/driver.version)

    # A driver in plain C needs no C++ compiler, so nothing may ask for one's features.
    set(cxx_sources ${arg_SOURCES})
    list(FILTER cxx_sources EXCLUDE REGEX "\\.[ch]$")

    add_library(${name} MODULE ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE drover::sdk ${arg_LINK})
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
    if(cxx_sources)
        target_compile_features(${name} PRIVATE cxx_std_20)
    endif()
    # One symbol out, none of the host's in, nothing left unresolved until it is called. The script also makes gcc's
    # GNU_UNIQUE symbols local, which would pin the library and share inline statics between drivers; -fno-gnu-unique
    # would do the same, but clang and the tools built on it refuse the flag.
    target_link_options(${name} PRIVATE -Wl,--version-script=${script} -Wl,-Bsymbolic -Wl,-z,now -Wl,-z,nodelete)
    # A sanitizer's runtime lies in the program, so its symbols are open here by design.
    if(NOT DROVER_SANITIZE AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
        target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()

    if(NOT arg_NO_INSTALL)
        install(TARGETS ${name} LIBRARY DESTINATION lib/drover/drivers
                                PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ COMPONENT driver-${name})
    endif()

    if(arg_CONFORMANCE_CONFIG AND BUILD_TESTING)
        get_filename_component(config ${arg_CONFORMANCE_CONFIG} ABSOLUTE)
        # The suite may be defined later in the same build than the driver.
        cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]] CALL drv_add_conformance_test [[${name}]] [[${config}]])")
    endif()
endfunction()

function(drv_add_conformance_test name config)
    if(TARGET drover-conformance)
        set(program drover-conformance)
    elseif(DROVER_CONFORMANCE)
        set(program ${DROVER_CONFORMANCE})
    else()
        message(NOTICE "drv_add_driver(${name}): there is no drover-conformance here, so no test: install the package "
                       "drover-conformance, or set DROVER_CONFORMANCE to the program")
        return()
    endif()
    add_test(NAME conformance.${name} COMMAND ${program} $<TARGET_FILE:${name}> --config ${config})
    set_tests_properties(conformance.${name} PROPERTIES TIMEOUT 900)
endfunction()
