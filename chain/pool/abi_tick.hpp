// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "chain/abi/types.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// A tick as the contracts write it, and back.
inline Tick to_tick(const abi::Int<24>& v) {
    return Tick(static_cast<std::int32_t>(v.value()));
}
inline abi::Int<24> from_tick(Tick t) {
    return abi::Int<24>(t.value);
}

}  // namespace outrigger
