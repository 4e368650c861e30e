// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "config/settings.hpp"

namespace outrigger::config {

inline std::string slurp(const std::string& relative) {
    std::ifstream in(std::string(OUTRIGGER_SOURCE_DIR) + "/" + relative, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

/// Files that exist only in the test.
using Files = std::map<std::string, std::string>;
inline ReadFile reader(Files files) {
    return [files = std::move(files)](const std::string& path) -> Result<std::string> {
        if (path.ends_with("/forbidden")) return fail(Errc::storage, "permission denied");
        const auto it = files.find(path);
        if (it == files.end()) return fail(Errc::not_found, "no such file");
        return it->second;
    };
}

/// A configuration that loads, to be spoiled by the tests. The position is in line 5, its NFT in line 6.
inline Sources minimum(std::string more = "") {
    Sources s;
    s.text =
        "schema = 1\nchain.preset = \"arbitrum\"\n\n\n[[position]]\nuniswap_v3 = 4471220\n" + std::move(more);
    s.environment = {{"ETH_RPC_URL", "https://arb.example/v2/secret"}, {"HOME", "/srv/op"}};
    s.read_file = reader({});
    return s;
}

inline Sources with_text(std::string text) {
    Sources s = minimum();
    s.text = std::move(text);
    return s;
}

/// The errors of a configuration that must not load.
inline ConfigErrors errors_of(const Sources& sources) {
    const auto loaded = load(sources);
    return loaded ? ConfigErrors{} : loaded.error();
}

/// The only error, or one that says there are none or several.
inline ConfigError only_error(const Sources& sources) {
    const auto errors = errors_of(sources);
    if (errors.size() == 1) return errors.front();
    return {
        .key = "", .where = "", .what = "not exactly one error:\n" + render(errors), .why = "", .fix = ""};
}

}  // namespace outrigger::config
