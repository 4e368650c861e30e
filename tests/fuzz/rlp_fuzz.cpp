// SPDX-License-Identifier: Apache-2.0
// The decoder accepts canonical encodings only, so encoding again gives the input.
#include "chain/abi/rlp.hpp"
#include "chain/base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace outrigger;
    const auto item = rlp::decode(ByteView(data, size));
    if (!item) return 0;
    const Bytes again = rlp::encode(*item);
    OR_ASSERT(std::equal(again.begin(), again.end(), data, data + size));
    if (const auto number = rlp::uint_of(*item)) OR_ASSERT(rlp::encode_uint(*number) == again);
    return 0;
}
