// SPDX-License-Identifier: Apache-2.0
// Answers of contracts: canonical or refused. The first byte chooses the shape.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "chain/abi/codec.hpp"
#include "chain/abi/multicall.hpp"
#include "chain/abi/revert.hpp"
#include "chain/base/assert.hpp"

namespace {

using namespace outrigger;

/// What is decoded must encode to the very bytes it came from.
template <class... T>
void round_trip(ByteView data) {
    const auto values = abi::decode_tuple<std::tuple<T...>>(data);
    if (!values) return;
    const Bytes again = std::apply([](const auto&... v) { return abi::encode<T...>(v...); }, *values);
    OR_ASSERT(std::equal(again.begin(), again.end(), data.begin(), data.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest(data + 1, size - 1);
    switch (data[0] % 10) {
        case 0: round_trip<U256, I256, bool, Address>(rest); break;
        case 1: round_trip<abi::UInt<24>, abi::Int<24>, abi::UInt<128>, abi::Int<56>>(rest); break;
        case 2: round_trip<Bytes, std::string, Hash32>(rest); break;
        case 3: round_trip<std::vector<U256>, std::vector<Bytes>>(rest); break;
        case 4: round_trip<std::vector<std::tuple<bool, Bytes>>>(rest); break;
        case 5:
            round_trip<std::array<std::string, 2>, std::tuple<Address, std::vector<abi::UInt<160>>>>(rest);
            break;
        case 6: round_trip<std::vector<std::vector<std::string>>>(rest); break;
        case 7: round_trip<std::vector<abi::Int<56>>, std::vector<abi::UInt<160>>>(rest); break;
        case 8: (void)abi::revert_reason(rest); break;
        default: (void)abi::decode_aggregate3(rest, data[0] / 10U); break;
    }
    return 0;
}
