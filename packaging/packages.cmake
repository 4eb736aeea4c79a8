# The Debian packages, made by CPack of what `cmake --install` installs: one for each component. ./dev package runs it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME drover)
set(CPACK_PACKAGE_VENDOR Drover)
set(CPACK_PACKAGE_CONTACT "Drover maintainers <maintainers@drover.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/packages)
set(CPACK_COMPONENTS_ALL agent driver-flasharray driver-loopback sdk conformance)
set(CPACK_STRIP_FILES ON)
# As on a node: below /usr, with agent.yml in /etc.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

# drover_package(<component> SECTION s SUMMARY text DESCRIPTION text [DEPENDS d] [RECOMMENDS r] [SUGGESTS s] [ENHANCES e])
macro(drover_package component)
    cmake_parse_arguments(arg "" "SECTION;SUMMARY;DESCRIPTION;DEPENDS;RECOMMENDS;SUGGESTS;ENHANCES" "" ${ARGN})
    string(TOUPPER ${component} upper)
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME drover-${component})
    set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${arg_SECTION})
    set(CPACK_COMPONENT_${upper}_DESCRIPTION "${arg_SUMMARY}\n${arg_DESCRIPTION}")
    foreach(relation DEPENDS RECOMMENDS SUGGESTS ENHANCES)
        if(arg_${relation})
            set(CPACK_DEBIAN_${upper}_PACKAGE_${relation} "${arg_${relation}}")
        endif()
    endforeach()
    file(GLOB control ${CMAKE_CURRENT_LIST_DIR}/deb/${component}/*)
    if(control)
        set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${control}")
    endif()
endmacro()

drover_package(
    agent
    SECTION admin
    SUMMARY "volumes for containers from any storage array: the node agent"
    DESCRIPTION
        "Loads the driver of a storage backend, makes its volumes, mounts them on the
node, and serves them to Docker and over a local REST API. With it comes
drover, the command line."
    DEPENDS "e2fsprogs, xfsprogs, mount"
    RECOMMENDS "drover-driver-loopback"
    SUGGESTS "docker.io | docker-ce, open-iscsi, multipath-tools, nvme-cli")
drover_package(
    driver-flasharray
    SECTION admin
    SUMMARY "volumes for containers: the driver for Pure Storage FlashArray"
    DESCRIPTION
        "Volumes on a Pure Storage FlashArray, over iSCSI or Fibre Channel. It takes
the place of Flocker's driver purestorage_flasharray_flocker_driver, and finds
its volumes."
    RECOMMENDS "open-iscsi, multipath-tools"
    ENHANCES "drover-agent")
drover_package(
    driver-loopback
    SECTION admin
    SUMMARY "volumes for containers: the driver for files on the node"
    DESCRIPTION
        "Volumes that are files in a folder of the node, seen through loop devices:
for nodes without a storage array, and to try things."
    ENHANCES "drover-agent")
drover_package(
    sdk
    SECTION devel
    SUMMARY "volumes for containers: what authors of storage drivers need"
    DESCRIPTION
        "The driver ABI in C, a C++ layer on top of it that is headers only, an HTTP
client for drivers of arrays, a CMake package, pkg-config files, and what
`drover sdk new` makes a new driver of."
    RECOMMENDS "drover-agent, drover-conformance, cmake, g++ | c-compiler"
    SUGGESTS "pkg-config, libboost1.81-dev, libssl-dev")
drover_package(
    conformance
    SECTION devel
    SUMMARY "volumes for containers: proves that a storage driver keeps its promises"
    DESCRIPTION
        "Runs every rule of the driver ABI against a driver and its backend, each
test in a process of its own, and reports as text, JSON, JUnit XML or one
HTML page."
    DEPENDS "e2fsprogs, xfsprogs, mount"
    SUGGESTS "drover-sdk, drover-driver-loopback")

include(CPack)
