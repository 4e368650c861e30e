# SPDX-License-Identifier: Apache-2.0
# The project's own CMake vocabulary: flags, outrigger_library with its LEVEL check, outrigger_test.

option(OUTRIGGER_WERROR "Warnings are errors" ON)
option(OUTRIGGER_HARDEN "Hardened release flags" OFF)
option(OUTRIGGER_COVERAGE "gcov instrumentation" OFF)
option(OUTRIGGER_FUZZ "Build the libFuzzer targets" OFF)
option(OUTRIGGER_TESTS "Build the tests" ON)
option(OUTRIGGER_WITH_WS "WebSocket newHeads, with Boost.Beast" ON)
option(OUTRIGGER_BENCH "Build the benchmarks (needs google-benchmark; ./scripts/bench)" OFF)
set(OUTRIGGER_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

add_library(outrigger_flags INTERFACE)
target_compile_features(outrigger_flags INTERFACE cxx_std_20)
target_compile_options(outrigger_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wdouble-promotion -ffp-contract=off
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wduplicated-branches;-Wlogical-op>
  # False positives of GCC 12 in optimised std::string and std::vector code (GCC bugs 105329, 105651, 107852).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>
  # OR_TRY is a GNU statement expression, supported by both compilers.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>)
if(OUTRIGGER_WERROR)
  target_compile_options(outrigger_flags INTERFACE -Werror)
endif()
target_compile_definitions(outrigger_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(OUTRIGGER_SANITIZE) # not $<BOOL:...>: the value contains a comma
  target_compile_options(outrigger_flags INTERFACE
    -fsanitize=${OUTRIGGER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(outrigger_flags INTERFACE -fsanitize=${OUTRIGGER_SANITIZE})
endif()
if(OUTRIGGER_FUZZ) # what is fuzzed reports its coverage; the driver is linked into the targets alone
  target_compile_options(outrigger_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(OUTRIGGER_COVERAGE)
  target_compile_options(outrigger_flags INTERFACE --coverage)
  target_link_options(outrigger_flags INTERFACE --coverage)
endif()
if(OUTRIGGER_HARDEN)
  target_compile_options(outrigger_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE)
  target_link_options(outrigger_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

# outrigger_library(<name> LEVEL <n> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# A library may link only libraries of a lower level: the configure step fails otherwise.
function(outrigger_library name)
  cmake_parse_arguments(PARSE_ARGV 1 A "" "LEVEL" "SOURCES;PUBLIC;PRIVATE")
  add_library(outrigger_${name} STATIC ${A_SOURCES})
  add_library(outrigger::${name} ALIAS outrigger_${name})
  set_target_properties(outrigger_${name} PROPERTIES OUTRIGGER_LEVEL ${A_LEVEL} CXX_EXTENSIONS OFF)
  target_include_directories(outrigger_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  foreach(dep IN LISTS A_PUBLIC A_PRIVATE)
    if(dep MATCHES "^outrigger::")
      get_target_property(below ${dep} OUTRIGGER_LEVEL)
      if(NOT below LESS A_LEVEL)
        message(FATAL_ERROR "${name} (level ${A_LEVEL}) must not link ${dep} (level ${below})")
      endif()
    endif()
  endforeach()
  target_link_libraries(outrigger_${name} PUBLIC ${A_PUBLIC} PRIVATE ${A_PRIVATE} outrigger_flags)
endfunction()

# outrigger_program(<name> SOURCES ... LINKS ...): an executable at the top of the build tree.
function(outrigger_program name)
  cmake_parse_arguments(PARSE_ARGV 1 A "" "" "SOURCES;LINKS")
  add_executable(${name} ${A_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${A_LINKS} outrigger_flags)
  if(OUTRIGGER_HARDEN)
    target_link_options(${name} PRIVATE -pie)
  endif()
endfunction()

# outrigger_test(<name> SOURCES ... LINKS ... [LABEL unit|e2e] [TIMEOUT s] [RUNS program])
# One GoogleTest program, one ctest entry a test. RUNS: a program that it starts, and that is built before it.
function(outrigger_test name)
  if(NOT OUTRIGGER_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 A "" "LABEL;TIMEOUT;RUNS" "SOURCES;LINKS")
  if(NOT A_LABEL)
    set(A_LABEL unit)
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  outrigger_program(${name} SOURCES ${A_SOURCES} LINKS ${A_LINKS} GTest::gtest_main GTest::gmock)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(A_RUNS)
    add_dependencies(${name} ${A_RUNS})
  endif()
  target_compile_definitions(${name} PRIVATE
    OUTRIGGER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" OUTRIGGER_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT})
endfunction()

# outrigger_fuzz(<name> SOURCES ... LINKS ...): a libFuzzer target, built only where OUTRIGGER_FUZZ is on.
function(outrigger_fuzz name)
  if(NOT OUTRIGGER_FUZZ)
    return()
  endif()
  outrigger_program(${name} ${ARGN})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# outrigger_bench(<name> SOURCES ... LINKS ...): a benchmark program, built only where OUTRIGGER_BENCH is on.
function(outrigger_bench name)
  if(NOT OUTRIGGER_BENCH)
    return()
  endif()
  find_package(benchmark REQUIRED)
  outrigger_program(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE benchmark::benchmark_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
endfunction()
