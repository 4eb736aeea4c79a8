# How the layers are kept apart: a module's headers are included as "<its folder>/name.hpp", and only targets that link
# the module have that folder on their include path. Each module gets an include root of its own that holds nothing but a
# link to its folder.

add_library(drover_flags INTERFACE)
target_compile_options(
    drover_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers
                           $<$<BOOL:${DROVER_WARNINGS_AS_ERRORS}>:-Werror>)
if(DROVER_SANITIZE)
    # Instrumented code makes gcc 12 see uninitialised values that are none (in std::regex).
    add_compile_options(-fsanitize=${DROVER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    add_link_options(-fsanitize=${DROVER_SANITIZE})
    if(DROVER_SANITIZE STREQUAL thread)
        # The thread sanitizer does not know fences. Asio's come on top of the locks that it sees.
        add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    endif()
endif()

# drover_include_root(<out> <folder relative to the source root>)
function(drover_include_root out folder)
    string(REPLACE "/" "_" name ${folder})
    set(root ${CMAKE_BINARY_DIR}/include-roots/${name})
    get_filename_component(parent ${root}/${folder} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
    set(${out} ${root} PARENT_SCOPE)
endfunction()

# drover_module(<target> [SOURCES ...] [PUBLIC ...] [PRIVATE ...]): a static library (or, without sources, headers only) of
# the current folder. PUBLIC and PRIVATE are what it links.
function(drover_module target)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    drover_include_root(root ${folder})
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        target_include_directories(${target} PUBLIC ${root})
        target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE drover_flags ${arg_PRIVATE})
    else()
        add_library(${target} INTERFACE)
        target_include_directories(${target} INTERFACE ${root})
        target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
    endif()
endfunction()

# drover_program(<name> SOURCES ... LINK ... [COMPONENT component]): a program in build/<preset>/bin. One with a component is
# installed; packaging/ tells which package each component is.
function(drover_program name)
    cmake_parse_arguments(arg "" "COMPONENT" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE drover_flags ${arg_LINK})
    if(arg_COMPONENT)
        install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${arg_COMPONENT})
        set_property(GLOBAL APPEND PROPERTY DROVER_INSTALLED_PROGRAMS ${name})
    endif()
endfunction()

# drover_test(<name> SOURCES ... LINK ... [ENVIRONMENT K=V] [SERIAL] [NEEDS target ...]): a GoogleTest program, one ctest
# entry per TEST.
function(drover_test name)
    if(NOT BUILD_TESTING)
        return()
    endif()
    cmake_parse_arguments(arg "SERIAL" "" "SOURCES;LINK;ENVIRONMENT;NEEDS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE drover_flags ${arg_LINK} GTest::gmock GTest::gtest_main)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    if(arg_NEEDS)
        add_dependencies(${name} ${arg_NEEDS})
    endif()
    # Against hanging for ever, not for speed: 10,000 synced files take minutes on a busy disk.
    set(properties TIMEOUT 600)
    if(arg_SERIAL)
        list(APPEND properties RUN_SERIAL TRUE)
    endif()
    if(arg_ENVIRONMENT)
        list(APPEND properties ENVIRONMENT "${arg_ENVIRONMENT}")
    endif()
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()
