// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/layers.hpp"

#include <filesystem>
#include <sstream>

#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {

namespace {

/// One block's words after its name.
Library parse_block(const std::string& name, std::istringstream words) {
    Library out;
    out.name = name;
    std::string section;
    for (std::string word; words >> word;) {
        if (word == "LEVEL" || word == "SOURCES" || word == "PUBLIC" || word == "PRIVATE") {
            section = word;
        } else if (section == "LEVEL") {
            out.level = std::stoi(word);
        } else if (section == "SOURCES") {
            if (word.front() != '$')
                out.sources.push_back(word);  // generated sources are in no folder of ours
        } else if (word.starts_with("outrigger::")) {
            out.links.insert(word.substr(std::string("outrigger::").size()));
        }
    }
    return out;
}

}  // namespace

std::map<std::string, Library> parse_libraries(const std::string& cmake) {
    const std::string opening = "outrigger_library(";
    std::map<std::string, Library> out;
    for (auto at = cmake.find(opening); at != std::string::npos; at = cmake.find(opening, at + 1)) {
        if (at > 0 && cmake[at - 1] != '\n') continue;  // in a comment
        const auto begin = at + opening.size();
        std::istringstream words(cmake.substr(begin, cmake.find(')', begin) - begin));
        std::string name;
        words >> name;
        out[name] = parse_block(name, std::move(words));
    }
    return out;
}

std::map<std::string, std::string> folders_of(const std::map<std::string, Library>& libraries,
                                              std::vector<std::string>& conflicts) {
    std::map<std::string, std::string> out;
    for (const auto& [name, library] : libraries) {
        for (const auto& source : library.sources) {
            const auto folder = std::filesystem::path(source).parent_path().generic_string();
            const auto [it, added] = out.emplace(folder, name);
            if (!added && it->second != name) {
                conflicts.push_back(folder);
                conflicts.back().append(": ").append(it->second).append(" and ").append(name);
            }
        }
    }
    return out;
}

std::string owner_of(const std::map<std::string, std::string>& folders, const std::string& path) {
    const auto it = folders.find(std::filesystem::path(path).parent_path().generic_string());
    return it == folders.end() ? "" : it->second;
}

std::set<std::string> reachable(const std::map<std::string, Library>& libraries, const std::string& name) {
    std::set<std::string> out;
    std::vector<std::string> open{name};
    while (!open.empty()) {
        const auto current = open.back();
        open.pop_back();
        const auto it = libraries.find(current);
        if (it == libraries.end()) continue;
        for (const auto& below : it->second.links) {
            if (out.insert(below).second) open.push_back(below);
        }
    }
    return out;
}

std::vector<std::string> quoted_includes(const std::string& cpp) {
    std::vector<std::string> out;
    const std::string opening = "#include \"";
    for (const auto& line : lines_of(cpp)) {
        if (!line.starts_with(opening)) continue;
        out.push_back(line.substr(opening.size(), line.find('"', opening.size()) - opening.size()));
    }
    return out;
}

std::string include_fault(const std::map<std::string, Library>& libraries, const std::string& user,
                          const std::string& used) {
    if (user.empty() || used == user) return "";
    if (used.empty()) return "is in no library";
    const int mine = libraries.at(user).level;
    const int theirs = libraries.at(used).level;
    if (theirs >= mine) {
        return "is of " + used + " (level " + std::to_string(theirs) + "), not below " + user + " (level " +
               std::to_string(mine) + ")";
    }
    if (reachable(libraries, user).count(used) == 0) return "is of " + used + ", not linked by " + user;
    return "";
}

}  // namespace outrigger::tidy
