// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>

#include "chain/abi/function.hpp"

/// The functions of Chainlink's proxies and aggregators that are read.
/// Source: Chainlink AggregatorV3Interface, EACAggregatorProxy, FluxAggregator, OffchainAggregator
namespace outrigger::chainlink {

using abi::UInt;

/// roundId, answer, startedAt, updatedAt, answeredInRound
using RoundReturn = std::tuple<UInt<80>, I256, U256, U256, UInt<80>>;

// Proxy.
using LatestRoundData = abi::Function<"latestRoundData", RoundReturn()>;
using GetRoundData = abi::Function<"getRoundData", RoundReturn(UInt<80>)>;
using Decimals = abi::Function<"decimals", UInt<8>()>;
using Description = abi::Function<"description", std::string()>;
using Aggregator = abi::Function<"aggregator", Address()>;
using PhaseAggregators = abi::Function<"phaseAggregators", Address(UInt<16>)>;

// Aggregator. int192 in newer ones: the same bytes.
using MinAnswer = abi::Function<"minAnswer", I256()>;
using MaxAnswer = abi::Function<"maxAnswer", I256()>;
using MinSubmissionValue = abi::Function<"minSubmissionValue", I256()>;
using MaxSubmissionValue = abi::Function<"maxSubmissionValue", I256()>;
using LatestRound = abi::Function<"latestRound", U256()>;

}  // namespace outrigger::chainlink
