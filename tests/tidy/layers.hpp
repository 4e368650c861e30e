// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace outrigger::tidy {

/// One outrigger_library block of CMakeLists.txt.
struct Library {
    std::string name;
    int level = -1;
    std::vector<std::string> sources;
    std::set<std::string> links;  // our own, without "outrigger::"
};

/// Every library by name.
std::map<std::string, Library> parse_libraries(const std::string& cmake);

/// The folders a library's sources are in, each with its library. `conflicts` gets the folders of two.
std::map<std::string, std::string> folders_of(const std::map<std::string, Library>& libraries,
                                              std::vector<std::string>& conflicts);

/// The library that owns a path: that of the folder the file is in, or empty.
std::string owner_of(const std::map<std::string, std::string>& folders, const std::string& path);

/// The libraries `name` may use: what it links, and what these link in turn.
std::set<std::string> reachable(const std::map<std::string, Library>& libraries, const std::string& name);

/// The quoted includes of C++ text.
std::vector<std::string> quoted_includes(const std::string& cpp);

/// What is wrong with a file of library `user` including a file of library `used`; empty when nothing.
std::string include_fault(const std::map<std::string, Library>& libraries, const std::string& user,
                          const std::string& used);

}  // namespace outrigger::tidy
