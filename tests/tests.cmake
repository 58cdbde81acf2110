# Test programs. None is part of `all`; `./dev test` builds those that it runs.

if(KILN_FUZZ)
    # tests/fuzz/fuzz_<name>.c -> fuzz_<name>, a libFuzzer program.
    file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz/fuzz_*.c)
    foreach(source ${fuzzers})
        cmake_path(GET source STEM name)
        kiln_program(${name} ${source} LINK kiln_all)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endforeach()
    # It tests a part of a module.
    target_sources(fuzz_http PRIVATE ${CMAKE_SOURCE_DIR}/runtime/modules/http_text.c)
    target_link_libraries(fuzz_http PRIVATE PkgConfig::ZLIB)
    return()
endif()

# Drivers of the language tests and of the command-line tests.
kiln_program(langtest
    ${CMAKE_CURRENT_LIST_DIR}/driver/langtest.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/langtest_child.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/forms.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/process.c
    HOT LINK kiln_all)
kiln_program(clitest
    ${CMAKE_CURRENT_LIST_DIR}/driver/clitest.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/process.c)
kiln_program(randomtest
    ${CMAKE_CURRENT_LIST_DIR}/random/randomtest.c
    ${CMAKE_CURRENT_LIST_DIR}/random/evaluate.c
    ${CMAKE_CURRENT_LIST_DIR}/random/generate.c
    ${CMAKE_CURRENT_LIST_DIR}/random/reduce.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/forms.c
    ${CMAKE_CURRENT_LIST_DIR}/driver/process.c
    HOT LINK kiln_all)
set_target_properties(langtest clitest randomtest PROPERTIES EXCLUDE_FROM_ALL ON)

# tests/unit/test_<module>.c -> unit/test_<module>, a CMocka program.
file(GLOB units CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/unit/test_*.c)
if(units)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
foreach(source ${units})
    cmake_path(GET source STEM name)
    if(name MATCHES "^test_t2_")
        kiln_program(${name} ${source} LINK kiln_compiler kiln_all PkgConfig::CMOCKA)
        target_include_directories(${name} SYSTEM PRIVATE ${LLVM_INCLUDE})
    else()
        kiln_program(${name} ${source} LINK kiln_all PkgConfig::CMOCKA)
    endif()
    set_target_properties(${name} PROPERTIES
        EXCLUDE_FROM_ALL ON
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
endforeach()
