// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "chain/base/hex.hpp"
#include "tests/unit/pool/scripted_reader.hpp"

// Calldata and answers encoded by ethers: tests/fixtures/oracle_vectors.json.
namespace outrigger::testing {

inline constexpr ChainId kChain(31337);
inline constexpr TimePoint kAt{std::chrono::seconds{1'700'000'000}};

inline const nlohmann::json& oracle_vectors(const std::string& group) {
    static const auto doc =
        nlohmann::json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/oracle_vectors.json"));
    return doc.at(group);
}
inline Bytes vector_bytes(const nlohmann::json& hex) {
    return *parse_hex(hex.get<std::string>());
}

}  // namespace outrigger::testing
