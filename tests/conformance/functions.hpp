// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chain/abi/function.hpp"
#include "tests/conformance/json_values.hpp"
#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {

/// A typed contract function, behind JSON.
struct ContractFunction {
    std::string signature;
    std::string selector;
    std::string returns;
    std::function<Result<Bytes>(const Json& values)> encode_call;
    std::function<Result<Json>(ByteView data)> decode_return;
};

template <class F>
ContractFunction describe() {
    return {std::string(F::signature), to_hex(F::selector), std::string(F::returns),
            [](const Json& values) -> Result<Bytes> {
                return std::apply(F::encode, OR_TRY(JsonValue<typename F::Arguments>::get(values)));
            },
            [](ByteView data) -> Result<Json> {
                return JsonValue<typename F::Values>::put(OR_TRY(F::decode_values(data)));
            }};
}

/// Every contract function known to the code, as it is in the code: collected in functions.cpp. A signature
/// may occur more than once with different return types.
std::vector<ContractFunction> contract_functions();

}  // namespace outrigger::conformance
