// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/uniswap_v3.hpp"

#include <algorithm>

#include "chain/base/keccak.hpp"

namespace outrigger {

Result<std::unique_ptr<Pool>> open_uniswap_v3(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                              const TokenTable& tokens) {
    return open_v3_position(kUniswapV3, reader, pins, spec, tokens);
}

Address v3_pool_address(const Address& factory, const Hash32& init_code_hash, const Address& token0,
                        const Address& token1, std::uint32_t fee_pips) {
    OR_ASSERT(token0 < token1);
    const auto salt = keccak256(abi::encode(token0, token1, abi::UInt<24>(fee_pips)));
    Bytes packed{0xff};
    packed.insert(packed.end(), factory.data.begin(), factory.data.end());
    packed.insert(packed.end(), salt.begin(), salt.end());
    packed.insert(packed.end(), init_code_hash.data.begin(), init_code_hash.data.end());
    const auto hash = keccak256(packed);
    Address out;
    std::copy(hash.begin() + 12, hash.end(), out.data.begin());
    return out;
}

}  // namespace outrigger
