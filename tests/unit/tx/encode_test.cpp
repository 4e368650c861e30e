// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/encode.hpp"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"

namespace outrigger::tx {
namespace {

using nlohmann::json;

const json& vectors() {
    static const json all =
        json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/tx_vectors.json"));
    return all;
}

KeyPair key_of(const std::string& hex) {
    auto bytes = U256::from_be(parse_hex(hex).value()).to_be();
    return KeyPair::create(Secret<32>::take(bytes)).value();
}

U256 number(const json& tx, const char* name) {
    return U256::from_decimal(tx.at(name).get<std::string>()).value();
}

Transaction transaction_of(const json& tx) {
    Transaction out;
    out.type = tx.at("type").get<std::uint8_t>();
    out.chain = ChainId(number(tx, "chainId").as_u64());
    out.nonce = Nonce(number(tx, "nonce").as_u64());
    if (!tx.at("to").is_null()) out.to = parse_address(tx.at("to").get<std::string>()).value();
    out.value = number(tx, "value");
    out.data = parse_hex(tx.at("data").get<std::string>()).value();
    out.gas_limit = Gas(number(tx, "gasLimit").as_u64());
    if (out.type == 0) {
        out.max_fee = out.tip = number(tx, "gasPrice");
        return out;
    }
    out.max_fee = number(tx, "maxFeePerGas");
    out.tip = number(tx, "maxPriorityFeePerGas");
    for (const auto& entry : tx.at("accessList")) {
        AccessEntry access{parse_address(entry.at("address").get<std::string>()).value(), {}};
        for (const auto& key : entry.at("storageKeys")) {
            access.storage_keys.push_back(parse_fixed<Hash32>(key.get<std::string>()).value());
        }
        out.access_list.push_back(std::move(access));
    }
    return out;
}

TEST(Encode, SignsEveryTransactionAsEthersDoes) {
    std::size_t count[3] = {};
    for (const auto& v : vectors().at("transactions")) {
        const auto tx = transaction_of(v.at("tx"));
        const auto key = key_of(v.at("private_key"));
        EXPECT_EQ(checksum_address(key.address()), v.at("from").get<std::string>());
        EXPECT_EQ(to_hex(signing_hash(tx)), v.at("signing_hash").get<std::string>());
        const auto made = sign_transaction(tx, key);
        ASSERT_TRUE(made.has_value()) << made.error().what;
        EXPECT_EQ(to_hex(made->raw), v.at("raw").get<std::string>());
        EXPECT_EQ(to_hex(made->hash), v.at("hash").get<std::string>());
        ++count[tx.type];
    }
    EXPECT_EQ(count[0], 150U);
    EXPECT_EQ(count[2], 150U);
}

TEST(Encode, ReadsEveryTransactionOfEthers) {
    for (const auto& v : vectors().at("transactions")) {
        const auto decoded = decode_transaction(parse_hex(v.at("raw").get<std::string>()).value());
        ASSERT_TRUE(decoded.has_value()) << decoded.error().what;
        EXPECT_EQ(decoded->tx, transaction_of(v.at("tx")));
        EXPECT_EQ(checksum_address(decoded->from), v.at("from").get<std::string>());
        EXPECT_EQ(to_hex(decoded->hash), v.at("hash").get<std::string>());
    }
}

TEST(Encode, RefusesEverythingMalformed) {
    const json& malformed = vectors().at("malformed");
    EXPECT_GE(malformed.size(), 130U);
    for (const auto& m : malformed) {
        const auto why = m.at("why").get<std::string>();
        const auto decoded = decode_transaction(parse_hex(m.at("raw").get<std::string>()).value());
        ASSERT_FALSE(decoded.has_value()) << why;
        const bool known_type = why.find("is not supported") != std::string::npos;
        EXPECT_EQ(decoded.error().code, known_type ? Errc::unsupported : Errc::decode) << why;
        EXPECT_TRUE(decoded.error().what.starts_with("not a valid signed transaction: ")) << why;
    }
}

TEST(Encode, NoTruncationAndNoSingleChangedByteIsTakenForTheOriginal) {
    const auto& v = vectors().at("transactions").at(0);
    const auto raw = parse_hex(v.at("raw").get<std::string>()).value();
    const auto from = parse_address(v.at("from").get<std::string>()).value();
    for (std::size_t i = 0; i < raw.size(); ++i) {
        EXPECT_FALSE(decode_transaction(ByteView(raw).first(i)).has_value()) << i;
        Bytes changed = raw;
        changed[i] ^= 1;
        const auto decoded = decode_transaction(changed);
        EXPECT_TRUE(!decoded || decoded->from != from) << i;
    }
}

/// The example of EIP-155: nonce 9, 20 gwei, 21000 gas, 1 ETH to 0x3535..., chain 1, key 0x4646...
TEST(Encode, Eip155Example) {
    Transaction tx;
    tx.type = 0;
    tx.chain = ChainId(1);
    tx.nonce = Nonce(9);
    tx.max_fee = tx.tip = U256(20'000'000'000);
    tx.gas_limit = Gas(21'000);
    tx.to = parse_address("0x3535353535353535353535353535353535353535").value();
    tx.value = U256(1'000'000'000'000'000'000);
    EXPECT_EQ(to_hex(signing_hash(tx)), "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    const auto key = key_of("0x4646464646464646464646464646464646464646464646464646464646464646");
    EXPECT_EQ(checksum_address(key.address()), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
    EXPECT_EQ(to_hex(sign_transaction(tx, key)->raw),
              "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000802"
              "5a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
              "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
}

TEST(Encode, ReadsALegacyTransactionFromBeforeEip155) {
    // The EIP-155 example without a chain id: signed here, read as valid on every chain.
    Transaction tx;
    tx.type = 0;
    tx.nonce = Nonce(9);
    tx.max_fee = tx.tip = U256(20'000'000'000);
    tx.gas_limit = Gas(21'000);
    tx.to = parse_address("0x3535353535353535353535353535353535353535").value();
    const auto key = key_of("0x4646464646464646464646464646464646464646464646464646464646464646");
    const auto made = serialize(tx, key.sign(signing_hash(tx)).value());
    const auto decoded = decode_transaction(made.raw).value();
    EXPECT_EQ(decoded.tx, tx);
    EXPECT_EQ(decoded.from, key.address());
    EXPECT_FALSE(decoded.tx.chain.has_value());
}

TEST(Encode, SignsNothingThatCouldBeReplayedOrIsInvalid) {
    const auto key = key_of("0x01");
    Transaction good;
    good.chain = ChainId(1);
    good.to = Address{};
    good.max_fee = U256(2);
    good.tip = U256(1);
    ASSERT_TRUE(sign_transaction(good, key).has_value());
    Transaction legacy = good;
    legacy.type = 0;
    legacy.tip = legacy.max_fee;
    ASSERT_TRUE(sign_transaction(legacy, key).has_value());

    const auto refused = [&](Transaction tx) {
        const auto made = sign_transaction(tx, key);
        return !made && made.error().code == Errc::rejected;
    };
    for (const std::uint8_t type : std::initializer_list<std::uint8_t>{1, 3, 4, 127}) {
        Transaction tx = good;
        tx.type = type;
        EXPECT_TRUE(refused(tx)) << int{type};
    }
    for (Transaction tx : {good, legacy}) {
        tx.chain.reset();
        EXPECT_TRUE(refused(tx)) << "no chain id";
        tx.chain = ChainId(0);
        EXPECT_TRUE(refused(tx)) << "chain id zero";
        tx.chain = ChainId(1);
        tx.nonce = Nonce(~std::uint64_t{0});
        EXPECT_TRUE(refused(tx)) << "EIP-2681";
    }
    Transaction tx = good;
    tx.tip = U256(3);
    EXPECT_TRUE(refused(tx)) << "tip above fee";
    tx = legacy;
    tx.access_list.push_back({});
    EXPECT_TRUE(refused(tx)) << "access list in type 0";
    tx = legacy;
    tx.tip = U256(0);
    EXPECT_TRUE(refused(tx)) << "two gas prices in type 0";
}

TEST(Encode, TheKeepersOwnTransactionIsType2OfTheSameFields) {
    const UnsignedTx tx{Nonce(7), TxCall{ChainId(31337), Address{{1, 2, 3}}, U256(4), {5, 6}, Gas(70'000)},
                        U256(100), U256(8)};
    const auto wide = to_transaction(tx);
    EXPECT_EQ(wide.type, 2);
    EXPECT_EQ(wide.chain, ChainId(31337));
    EXPECT_EQ(wide.nonce, tx.nonce);
    EXPECT_EQ(wide.to, tx.call.to);
    EXPECT_EQ(wide.value, tx.call.value);
    EXPECT_EQ(wide.data, tx.call.data);
    EXPECT_EQ(wide.gas_limit, tx.call.gas_limit);
    EXPECT_EQ(wide.max_fee, tx.max_fee);
    EXPECT_EQ(wide.tip, tx.tip);
    EXPECT_TRUE(wide.access_list.empty());
}

}  // namespace
}  // namespace outrigger::tx
