// SPDX-License-Identifier: Apache-2.0
// The ABI codec against encodings made by ethers (tests/fixtures/generate_abi_vectors.mjs), and against data
// that are almost, but not quite, encodings.
#include "chain/abi/codec.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "chain/abi/function.hpp"
#include "tests/conformance/json_values.hpp"

namespace outrigger::abi {
namespace {

using conformance::Json;
using conformance::JsonValue;

using Bytes1 = FixedBytes<struct Bytes1Tag, 1>;
template <class T>
using Pair = std::array<T, 2>;
using V01 = Function<"v01", void(bool, Address, U256)>;
using V02 = Function<"v02", void(UInt<8>, UInt<24>, UInt<64>, UInt<72>, UInt<128>, UInt<160>, UInt<248>)>;
using V03 = Function<"v03", void(Int<8>, Int<24>, Int<56>, Int<64>, Int<128>, I256)>;
using V04 = Function<"v04", void(Bytes1, Selector, Hash32)>;
using V05 = Function<"v05", void(Bytes)>;
using V06 = Function<"v06", void(std::string, U256, Bytes)>;
using V07 = Function<"v07", void(std::vector<U256>)>;
using V08 = Function<"v08", void(std::vector<Address>, std::vector<bool>, std::vector<Bytes>)>;
using V09 = Function<"v09", void(std::vector<std::tuple<Address, bool, Bytes>>)>;
using V10 = Function<"v10", void(std::tuple<U256, std::tuple<std::string, std::vector<Hash32>>>, UInt<24>)>;
using V11 = Function<"v11", void(std::vector<std::vector<U256>>, std::vector<std::string>)>;
using V12 = Function<"v12", void(std::array<U256, 3>, Pair<Bytes>)>;
using V13 = Function<"v13", void(std::vector<Pair<std::tuple<UInt<24>, Int<24>>>>,
                                 Pair<std::tuple<Bytes, std::tuple<std::vector<UInt<8>>, std::string>>>)>;
using V14 = Function<"v14", void()>;

struct Typed {
    std::function<Result<Bytes>(const Json&)> encode;
    std::function<Result<Json>(ByteView)> decode;
    std::function<Result<Bytes>(ByteView)> reencode;
};
using Shapes = std::map<std::string, Typed, std::less<>>;

template <class F>
Typed typed() {
    return {
        [](const Json& j) -> Result<Bytes> {
            return std::apply(F::encode, OR_TRY(JsonValue<typename F::Arguments>::get(j)));
        },
        [](ByteView data) -> Result<Json> {
            return JsonValue<typename F::Arguments>::put(OR_TRY(F::decode_call(data)));
        },
        [](ByteView data) -> Result<Bytes> { return std::apply(F::encode, OR_TRY(F::decode_call(data))); }};
}

template <class... F>
Shapes shapes_of() {
    Shapes out;
    (out.emplace(F::signature, typed<F>()), ...);
    return out;
}

class Vectors : public ::testing::Test {
  protected:
    struct Vector {
        std::string signature;
        Json values;
        Bytes calldata;
        const Typed* typed;
    };
    void SetUp() override {
        std::ifstream file(OUTRIGGER_SOURCE_DIR "/tests/fixtures/abi_vectors.json");
        const Json json = Json::parse(file);
        for (const auto& v : json.at("vectors")) {
            const auto signature = v.at("signature").get<std::string>();
            ASSERT_TRUE(shapes_.contains(signature)) << signature;
            vectors_.push_back({signature, v.at("values"), *parse_hex(v.at("calldata").get<std::string>()),
                                &shapes_.at(signature)});
        }
        ASSERT_GE(vectors_.size(), 100U);
    }
    const Shapes shapes_ = shapes_of<V01, V02, V03, V04, V05, V06, V07, V08, V09, V10, V11, V12, V13, V14>();
    std::vector<Vector> vectors_;
};

TEST_F(Vectors, EncodeAndDecodeAsEthersDoes) {
    for (const auto& v : vectors_) {
        const auto encoded = v.typed->encode(v.values);
        ASSERT_TRUE(encoded) << v.signature << " " << v.values << ": " << encoded.error().what;
        ASSERT_EQ(to_hex(*encoded), to_hex(v.calldata)) << v.signature << " " << v.values;
        const auto decoded = v.typed->decode(v.calldata);
        ASSERT_TRUE(decoded) << v.signature << ": " << decoded.error().what;
        ASSERT_EQ(*decoded, v.values) << v.signature;
    }
}

TEST_F(Vectors, TruncatedOrExtendedDataAreRefused) {
    for (const auto& v : vectors_) {
        for (std::size_t size = 0; size < v.calldata.size(); ++size) {
            const auto r = v.typed->reencode(ByteView(v.calldata).first(size));
            ASSERT_FALSE(r) << v.signature << " cut to " << size;
            ASSERT_EQ(r.error().code, Errc::decode);
        }
        for (const std::size_t more : {1U, 31U, 32U, 64U}) {
            Bytes longer = v.calldata;
            longer.resize(longer.size() + more);
            ASSERT_FALSE(v.typed->reencode(longer)) << v.signature << " with " << more << " more";
        }
    }
}

// The property the policy gate stands on: what decodes is exactly what would be encoded, so nothing can hide
// in calldata that was read back and approved.
TEST_F(Vectors, DamagedDataAreRefusedOrMeanExactlyWhatTheySay) {
    std::mt19937 random(1);
    const std::vector<U256> nasty{
        U256::max(),         U256::pow2(255), U256::pow2(64), U256::pow2(63), U256::pow2(32),
        U256::pow2(64) - 32, U256(0),         U256(1),        U256(32),       U256(64)};
    int refused = 0;
    const auto check = [&](const Vector& v, const Bytes& data) {
        const auto r = v.typed->reencode(data);
        if (r) {
            ASSERT_EQ(to_hex(*r), to_hex(data)) << v.signature;
        } else {
            ++refused;
            ASSERT_EQ(r.error().code, Errc::decode);
        }
    };
    for (const auto& v : vectors_) {
        for (std::size_t i = 0; i < v.calldata.size(); ++i) {
            Bytes data = v.calldata;
            data[i] = static_cast<std::uint8_t>(data[i] ^ (1U << (random() % 8)));
            check(v, data);
        }
        for (std::size_t word = 4; word < v.calldata.size(); word += kWord) {
            for (const U256& value : nasty) {
                Bytes data = v.calldata;
                detail::set_word(data, word, value);
                check(v, data);
            }
        }
    }
    EXPECT_GT(refused, 10000);
}

Bytes words(std::initializer_list<U256> values) {
    Bytes out;
    for (const U256& v : values) detail::put_word(out, v);
    return out;
}

template <class... T>
std::string why_not(const Bytes& data) {
    const auto r = decode<T...>(data);
    return r ? std::string("accepted") : r.error().what;
}

TEST(Strict, EveryKindOfDirtIsNamedWithItsPlace) {
    EXPECT_EQ(why_not<bool>(words({2})), "byte 0: a bool that is neither 0 nor 1");
    EXPECT_EQ((why_not<U256, Address>(words({1, U256::pow2(160)}))),
              "byte 32: address with padding that is not zero");
    EXPECT_EQ(why_not<UInt<24>>(words({U256::pow2(24)})), "byte 0: a uint24 with more bits than that");
    EXPECT_EQ(why_not<UInt<160>>(words({U256::pow2(160)})), "byte 0: a uint160 with more bits than that");
    EXPECT_EQ(why_not<Int<24>>(words({U256::pow2(23)})), "byte 0: an int24 with more bits than that");
    EXPECT_EQ(why_not<Int<24>>(words({U256::max() >> 1})), "byte 0: an int24 with more bits than that");
    EXPECT_EQ(why_not<Int<24>>(words({U256::max()})), "accepted");
    EXPECT_EQ(why_not<Selector>(words({1})), "byte 0: bytesN with padding that is not zero");
    EXPECT_EQ(why_not<Bytes>(words({64, 0})), "byte 0: an offset of 64 where 32 is the only canonical one");
    EXPECT_EQ(why_not<Bytes>(words({0, 0})), "byte 0: an offset of 0 where 32 is the only canonical one");
    EXPECT_EQ(why_not<Bytes>(words({32, 33, 0})), "byte 32: a length of 33 where at most 32 can follow");
    EXPECT_EQ(why_not<Bytes>(words({32, 1, U256::max()})), "byte 65: padding that is not zero");
    EXPECT_EQ(why_not<Bytes>(words({32, 1})), "byte 32: a length of 1 where at most 0 can follow");
    EXPECT_EQ(why_not<U256>(words({1, 2})), "byte 32: 32 bytes too many");
    EXPECT_EQ(why_not<U256>({}), "byte 0: a word is expected, but the data end at 0");
    Bytes unpadded = words({32, 5});
    unpadded.insert(unpadded.end(), 5, 'x');
    EXPECT_EQ(why_not<std::string>(unpadded), "byte 69: padding is missing");
}

TEST(Strict, LengthsBeyondTheDataCostNothing) {
    EXPECT_NE(why_not<std::vector<U256>>(words({32, U256::pow2(40)})).find("at most 0"), std::string::npos);
    EXPECT_NE(why_not<std::vector<U256>>(words({32, U256::max()})).find("at most 0"), std::string::npos);
    using Deep = std::vector<std::vector<std::vector<Bytes>>>;
    EXPECT_NE(why_not<Deep>(words({32, 1, 32, 1, 32, U256::pow2(60)})).find("at most 0"), std::string::npos);
    // Many offsets to one place would multiply the work: the second is not where the next value must be.
    using Nested = std::vector<std::vector<U256>>;
    EXPECT_NE(why_not<Nested>(words({32, 2, 64, 64, 1, 7})).find("offset"), std::string::npos);
}

TEST(UIntAndInt, HoldOnlyWhatFits) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_TRUE(UInt<24>::checked(0xffffff));
    EXPECT_FALSE(UInt<24>::checked(0x1000000));
    EXPECT_TRUE(UInt<160>::checked(UInt<160>::max()));
    EXPECT_FALSE(UInt<160>::checked(UInt<160>::max() + 1));
    EXPECT_EQ(Int<24>::checked(-8388608)->value(), -8388608);
    EXPECT_FALSE(Int<24>::checked(-8388609));
    EXPECT_EQ(Int<24>::checked(8388607)->value(), 8388607);
    EXPECT_FALSE(Int<24>::checked(8388608));
    EXPECT_FALSE(Int<8>::checked(I256::min()));
    EXPECT_TRUE(Int<128>::checked(*I256::from_parts(U256::pow2(127), true)));
    EXPECT_FALSE(Int<128>::checked(*I256::from_parts(U256::pow2(127), false)));
    EXPECT_DEATH(UInt<24>(0x1000000), "assertion failed");
    EXPECT_DEATH(UInt<160>(U256::pow2(160)), "assertion failed");
    EXPECT_DEATH(Int<24>(8388608), "assertion failed");
}

}  // namespace
}  // namespace outrigger::abi
