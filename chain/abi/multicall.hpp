// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "chain/abi/function.hpp"
#include "chain/abi/query.hpp"

/// Many contract reads in one eth_call, through Multicall3 (https://www.multicall3.com), which is deployed at
/// the same address on nearly every chain.
namespace outrigger::abi {

inline constexpr Address kMulticall3{{0xcA, 0x11, 0xbd, 0xe0, 0x59, 0x77, 0xb3, 0x63, 0x11, 0x67,
                                      0x02, 0x88, 0x62, 0xbE, 0x2a, 0x17, 0x39, 0x76, 0xCA, 0x11}};

namespace multicall3 {
using Call = std::tuple<Address, bool, Bytes>;  // target, allowFailure, calldata
using Answer = std::tuple<bool, Bytes>;         // success, returnData
using Aggregate3 = Function<"aggregate3", std::vector<Answer>(std::vector<Call>)>;
using GetBlockNumber = Function<"getBlockNumber", U256()>;
using GetBlockHash = Function<"getBlockHash", Hash32(U256)>;
using GetCurrentBlockTimestamp = Function<"getCurrentBlockTimestamp", U256()>;
using GetEthBalance = Function<"getEthBalance", U256(Address)>;
using GetChainId = Function<"getChainId", U256()>;
}  // namespace multicall3

/// Calldata for Multicall3's aggregate3 that makes these calls, each allowed to fail alone.
/// Pre: all calls are for one chain.
Bytes encode_aggregate3(std::span<const EthCall> calls);

/// What aggregate3 returned: one answer per call, in order; a call that reverted is Errc::reverted with its
/// reason. Errors: Errc::decode when the data are malformed or hold another number of answers.
Result<std::vector<Result<Bytes>>> decode_aggregate3(ByteView returned, std::size_t expected);

}  // namespace outrigger::abi
