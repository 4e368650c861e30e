// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/layers.hpp"
#include "config/nearest.hpp"
#include "tests/unit/config/support.hpp"

namespace outrigger::config {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(FieldTable, EveryDefaultPassesItsOwnChecks) {
    const Sources s = minimum();
    for (const Field& f : fields()) {
        EXPECT_FALSE(f.doc.empty()) << f.path;
        EXPECT_TRUE(f.store) << f.path;
        if (f.fallback.empty()) continue;
        const auto candidate = candidate_of_text(f, f.path, f.fallback, "default", s);
        EXPECT_TRUE(candidate) << f.path << ": " << (candidate ? "" : candidate.error().what);
    }
}

TEST(FieldTable, PathsAndVariablesAreUnique) {
    Names names;
    names.positions = {"eth-usdc"};
    names.profiles = {"tight"};
    std::set<std::string> paths, variables;
    for (const Path& p : all_paths(names)) {
        EXPECT_TRUE(paths.insert(p.path).second) << p.path;
        EXPECT_TRUE(variables.insert(environment_name(p.path)).second) << p.path;
    }
    EXPECT_TRUE(variables.contains("OUTRIGGER__POSITION__ETH_USDC__THRESHOLDS__DELTA_BAND_RATIO"));
    EXPECT_TRUE(variables.contains("OUTRIGGER__CHAIN__RPC__0__URL"));
    EXPECT_TRUE(variables.contains("OUTRIGGER__DEFAULTS__LIMITS__MAX_GAS_GWEI"));
}

TEST(FieldTable, TheReferencePageIsTheCommittedOne) {
    const std::string page = reference_page();
    if (std::getenv("OUTRIGGER_UPDATE_DOCS") != nullptr) {
        std::ofstream(std::string(OUTRIGGER_SOURCE_DIR) + "/docs/configuration.md", std::ios::binary) << page;
    }
    EXPECT_TRUE(page == slurp("docs/configuration.md"))
        << "docs/configuration.md differs from the table of fields; run this test with "
           "OUTRIGGER_UPDATE_DOCS=1 to write it";
    for (const Field& f : fields())
        EXPECT_THAT(page, HasSubstr("| `" + std::string(last_part(f.path)) + "` |"));
}

TEST(Durations, AgainstTheClockByHand) {
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("2m"), 120s);
    EXPECT_EQ(parse_duration("1h30m"), 5400s);
    EXPECT_EQ(parse_duration("30d"), 2'592'000s);
    EXPECT_EQ(parse_duration("1d1h1m1s1ms"), 90'061'001ms);
    EXPECT_EQ(parse_duration("0s"), 0s);
    for (const char* bad : {"", "5", "s", "-5s", "1.5h", "5 s", "5S", "1w", "never", "9999999999s",
                            "999999999d999999999d", "1h30"}) {
        EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
    }
}

TEST(Nearest, FindsTyposAndNothingElse) {
    const std::vector<std::string> words{"delta_band_ratio", "delta_band_usd", "force_after"};
    EXPECT_EQ(nearest("delta_band_ratoi", words), "delta_band_ratio");
    EXPECT_EQ(nearest("delta-band-usd", words), "delta_band_usd");
    EXPECT_EQ(nearest("forceafter", words), "force_after");
    EXPECT_EQ(nearest("listen", words), std::nullopt);
    EXPECT_EQ(nearest("", words), std::nullopt);
    EXPECT_EQ(nearest(std::string(10'000, 'a'), words), std::nullopt);
}

/// Overwrites, deletes, inserts or doubles bytes here and there.
std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t n) {
        return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1));
    };
    static constexpr std::string_view kInteresting = "=[]{}\"'\n.,#$\\0123456789-+e_\0\x80\xff";
    for (std::size_t n = 1 + below(4); n > 0 && !text.empty(); --n) {
        const std::size_t at = below(text.size());
        switch (below(5)) {
            case 0: text[at] = static_cast<char>(random() & 0xff); break;
            case 1: text.erase(at, 1 + below(30)); break;
            case 2: text.insert(at, 1, kInteresting[below(kInteresting.size())]); break;
            case 3: text.insert(at, text.substr(below(text.size()), below(80))); break;
            default: text[at] = kInteresting[below(kInteresting.size())]; break;
        }
    }
    return text;
}

/// Whatever the file holds, the answer is a configuration or a list of complete errors.
void must_answer(const Sources& s) {
    const auto loaded = load(s);
    if (loaded) {
        EXPECT_FALSE(loaded->positions.empty());
        EXPECT_FALSE(loaded->chain.rpc.empty());
        return;
    }
    ASSERT_FALSE(loaded.error().empty());
    for (const ConfigError& e : loaded.error()) {
        EXPECT_FALSE(e.what.empty() || e.why.empty() || e.fix.empty() || e.where.empty()) << render({e});
    }
}

TEST(ConfigFuzz, NoMutationOfTheSampleIsFatal) {
    const std::string sample = slurp("config/outrigger.example.toml");
    std::mt19937 random(20261122);
    for (int i = 0; i < 2000; ++i) {
        Sources s = minimum();
        s.text = mutated(sample, random);
        must_answer(s);
        if (HasFailure()) FAIL() << "mutation " << i << ":\n" << s.text;
    }
}

TEST(ConfigFuzz, NoMutationOfJsonIsFatal) {
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        Sources s = minimum();
        s.name = "o.json";
        s.text = mutated(
            R"({"schema": 1, "chain": {"preset": "arbitrum", "rpc": [{"url": "http://n", "role": "read"}]},
            "defaults": {"thresholds": {"delta_band_ratio": 0.1, "force_after": "never"}, "venues": ["aave"]},
            "position": [{"uniswap_v3": 1, "enabled": true}, {"uniswap_v3": 2, "name": "b \" c"}]})",
            random);
        must_answer(s);
        if (HasFailure()) FAIL() << "mutation " << i << ":\n" << s.text;
    }
}

}  // namespace
}  // namespace outrigger::config
