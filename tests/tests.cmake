# Test programs. `ninja` alone builds the program; `ninja tests` builds these too.

add_custom_target(tests)

if(KILN_FUZZ)
    # tests/fuzz/fuzz_<name>.c -> fuzz_<name>, a libFuzzer program.
    file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz/fuzz_*.c)
    foreach(source ${fuzzers})
        cmake_path(GET source STEM name)
        kiln_program(${name} ${source} LINK kiln_all)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        add_dependencies(tests ${name})
    endforeach()
    return()
endif()

# Drivers: of command-line tests, and of language tests once there is an evaluator to drive.
kiln_program(clitest
    ${CMAKE_CURRENT_LIST_DIR}/driver/clitest.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/process.c)
file(GLOB child CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/driver/langtest_child.c)
if(child)
    kiln_program(langtest
        ${CMAKE_CURRENT_LIST_DIR}/driver/langtest.c
        ${child}
        ${CMAKE_CURRENT_LIST_DIR}/driver/forms.c
        ${CMAKE_CURRENT_LIST_DIR}/driver/process.c
        LINK kiln_all)
endif()
foreach(driver clitest langtest)
    if(TARGET ${driver})
        set_target_properties(${driver} PROPERTIES EXCLUDE_FROM_ALL ON)
        add_dependencies(tests ${driver})
    endif()
endforeach()

# tests/unit/test_<module>.c -> unit/test_<module>, a CMocka program.
file(GLOB units CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/unit/test_*.c)
if(units)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
foreach(source ${units})
    cmake_path(GET source STEM name)
    kiln_program(${name} ${source} LINK kiln_all PkgConfig::CMOCKA)
    set_target_properties(${name} PROPERTIES
        EXCLUDE_FROM_ALL ON
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
    add_dependencies(tests ${name})
endforeach()
if(TARGET kiln)
    add_dependencies(tests kiln)
endif()
