// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// The conformance door: one JSON request a line in, one JSON answer a line out. An operation reads its
/// arguments, calls the function the keeper calls, and writes the result; it contains no logic of its own.
///
/// To add operations: write `void add_xxx_ops(Registry&)` in a file of its own, declare it below and add it
/// to all_ops() in ops.cpp. To add contract functions to encode_call and decode_return: functions.cpp.
namespace outrigger::conformance {

using Json = nlohmann::json;

struct Op {
    std::string name;
    std::vector<std::string> args;                // names, optional ones with a trailing '?'
    std::function<Result<Json>(const Json&)> fn;  // gets the args object; may throw nlohmann's exceptions
};

class Registry {
  public:
    /// Pre: the name is new.
    void add(Op op);
    const Op* find(std::string_view name) const;
    const std::vector<Op>& ops() const { return ops_; }

  private:
    std::vector<Op> ops_;  // sorted by name
};

void add_base_ops(Registry& registry);       // hashes, addresses, RLP
void add_abi_ops(Registry& registry);        // contract functions
void add_crypto_tx_ops(Registry& registry);  // keys, transactions, fees
void add_hedge_ops(Registry& registry);      // exposures, covariances, hedges, bands
void add_pool_ops(Registry& registry);       // Uniswap v3 arithmetic

/// Every operation there is.
Registry all_ops();

/// The answer to one line, without a newline. Total: whatever the line holds is answered.
std::string answer_line(const Registry& registry, std::string_view line);

// ---- arguments: the value, or Errc::decode naming the argument
// ---------------------------------------------
Result<const Json*> arg(const Json& args, const char* name);
Result<std::string> string_arg(const Json& args, const char* name);
Result<Bytes> bytes_arg(const Json& args, const char* name);
Result<Address> address_arg(const Json& args, const char* name);
Result<bool> bool_arg(const Json& args, const char* name);
Result<double> double_arg(const Json& args, const char* name);
/// Integers come as JSON integers or decimal strings.
Result<U256> u256_arg(const Json& args, const char* name);
Result<I256> i256_arg(const Json& args, const char* name);
Result<std::int64_t> i64_arg(const Json& args, const char* name);
Result<std::uint64_t> u64_arg(const Json& args, const char* name);

/// The number a JSON integer or decimal string stands for. Errors: Errc::decode.
Result<I256> integer_of(const Json& value);
Result<U256> unsigned_of(const Json& value);

}  // namespace outrigger::conformance
