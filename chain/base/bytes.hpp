// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace outrigger {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

template <class Tag, std::size_t N>
struct FixedBytes {
    std::array<std::uint8_t, N> data{};
    friend constexpr bool operator==(const FixedBytes&, const FixedBytes&) = default;
    friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

using Address = FixedBytes<struct AddressTag, 20>;
using BlockHash = FixedBytes<struct BlockHashTag, 32>;
using TxHash = FixedBytes<struct TxHashTag, 32>;
using Hash32 = FixedBytes<struct Hash32Tag, 32>;
using Selector = FixedBytes<struct SelectorTag, 4>;
static_assert(sizeof(Address) == 20 && std::is_trivially_copyable_v<Address>);

}  // namespace outrigger
