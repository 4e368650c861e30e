// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/encode.hpp"

#include <limits>
#include <span>

#include <fmt/format.h>

#include "chain/abi/rlp.hpp"
#include "chain/base/keccak.hpp"

namespace outrigger::tx {
namespace {

using Items = std::span<const rlp::Item>;

void append_to(rlp::List& list, const std::optional<Address>& to) {
    if (to) {
        list.bytes(*to);
    } else {
        list.bytes(ByteView());
    }
}

rlp::List encode_access_list(const std::vector<AccessEntry>& entries) {
    rlp::List out;
    for (const auto& entry : entries) {
        rlp::List keys;
        for (const auto& key : entry.storage_keys) keys.bytes(key);
        out.list(rlp::List().bytes(entry.address).list(keys));
    }
    return out;
}

/// nonce, gas price, gas limit, to, value, data.
rlp::List legacy_fields(const Transaction& tx) {
    rlp::List list;
    list.uint(tx.nonce.value).uint(tx.max_fee).uint(tx.gas_limit.value);
    append_to(list, tx.to);
    list.uint(tx.value).bytes(tx.data);
    return list;
}

/// chain id, nonce, tip, max fee, gas limit, to, value, data, access list.
rlp::List eip1559_fields(const Transaction& tx) {
    rlp::List list;
    list.uint(tx.chain.value_or(ChainId()).value).uint(tx.nonce.value).uint(tx.tip).uint(tx.max_fee);
    list.uint(tx.gas_limit.value);
    append_to(list, tx.to);
    list.uint(tx.value).bytes(tx.data).list(encode_access_list(tx.access_list));
    return list;
}

Bytes typed(std::uint8_t type, const Bytes& payload) {
    Bytes out{type};
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

Result<std::vector<AccessEntry>> decode_access_list(const rlp::Item& item) {
    std::vector<AccessEntry> out;
    for (const auto& element : OR_TRY(rlp::list_of(item))) {
        const Items pair = OR_TRY(rlp::list_of(element));
        if (pair.size() != 2) return fail(Errc::decode, "an access list entry is not a pair");
        AccessEntry entry{OR_TRY(rlp::fixed_of<Address>(pair[0])), {}};
        for (const auto& key : OR_TRY(rlp::list_of(pair[1]))) {
            entry.storage_keys.push_back(OR_TRY(rlp::fixed_of<Hash32>(key)));
        }
        out.push_back(std::move(entry));
    }
    return out;
}

Result<std::optional<Address>> decode_to(const rlp::Item& item) {
    if (OR_TRY(rlp::bytes_of(item)).empty()) return std::optional<Address>();
    return std::optional<Address>(OR_TRY(rlp::fixed_of<Address>(item)));
}

Result<void> expect_size(Items items, std::size_t size) {
    if (items.size() == size) return {};
    return fail(Errc::decode, fmt::format("it has {} fields, expected {}", items.size(), size));
}

Result<ChainId> chain_of(const U256& id) {
    if (id.is_zero() || !id.fits_u64()) return fail(Errc::decode, "the chain id is zero or over 64 bits");
    return ChainId(id.as_u64());
}

/// Reads the chain id and the parity out of v: 27 and 28 before EIP-155, 35 + 2 chain + parity since.
Result<void> read_v(const U256& v, DecodedTx& out) {
    if (v == U256(27) || v == U256(28)) {
        out.signature.y_parity = static_cast<std::uint8_t>(v.as_u64() - 27);
        return {};
    }
    if (v < U256(35)) return fail(Errc::decode, "v is neither 27, 28 nor at least 35");
    const U256 rest = v - U256(35);
    out.tx.chain = OR_TRY(chain_of(rest >> 1));
    out.signature.y_parity = rest.bit(0) ? 1 : 0;
    return {};
}

Result<DecodedTx> decode_legacy(ByteView raw) {
    const rlp::Item root = OR_TRY(rlp::decode(raw));
    const Items items = OR_TRY(rlp::list_of(root));
    OR_TRY(expect_size(items, 9));
    DecodedTx out;
    out.tx.type = 0;
    out.tx.nonce = Nonce(OR_TRY(rlp::u64_of(items[0])));
    out.tx.max_fee = out.tx.tip = OR_TRY(rlp::uint_of(items[1]));
    out.tx.gas_limit = Gas(OR_TRY(rlp::u64_of(items[2])));
    out.tx.to = OR_TRY(decode_to(items[3]));
    out.tx.value = OR_TRY(rlp::uint_of(items[4]));
    const ByteView data = OR_TRY(rlp::bytes_of(items[5]));
    out.tx.data.assign(data.begin(), data.end());
    OR_TRY(read_v(OR_TRY(rlp::uint_of(items[6])), out));
    out.signature.r = OR_TRY(rlp::uint_of(items[7]));
    out.signature.s = OR_TRY(rlp::uint_of(items[8]));
    return out;
}

Result<DecodedTx> decode_eip1559(ByteView raw) {
    const rlp::Item root = OR_TRY(rlp::decode(raw.subspan(1)));
    const Items items = OR_TRY(rlp::list_of(root));
    OR_TRY(expect_size(items, 12));
    DecodedTx out;
    out.tx.chain = OR_TRY(chain_of(OR_TRY(rlp::uint_of(items[0]))));
    out.tx.nonce = Nonce(OR_TRY(rlp::u64_of(items[1])));
    out.tx.tip = OR_TRY(rlp::uint_of(items[2]));
    out.tx.max_fee = OR_TRY(rlp::uint_of(items[3]));
    out.tx.gas_limit = Gas(OR_TRY(rlp::u64_of(items[4])));
    out.tx.to = OR_TRY(decode_to(items[5]));
    out.tx.value = OR_TRY(rlp::uint_of(items[6]));
    const ByteView data = OR_TRY(rlp::bytes_of(items[7]));
    out.tx.data.assign(data.begin(), data.end());
    out.tx.access_list = OR_TRY(decode_access_list(items[8]));
    const std::uint64_t y_parity = OR_TRY(rlp::u64_of(items[9]));
    if (y_parity > 1) return fail(Errc::decode, "the y parity is not 0 or 1");
    out.signature = {OR_TRY(rlp::uint_of(items[10])), OR_TRY(rlp::uint_of(items[11])),
                     static_cast<std::uint8_t>(y_parity)};
    return out;
}

Result<DecodedTx> decode_fields(ByteView raw) {
    if (raw.empty()) return fail(Errc::decode, "there are no bytes");
    if (raw[0] >= 0xc0) return decode_legacy(raw);
    if (raw[0] == 2) return decode_eip1559(raw);
    if (raw[0] == 1 || raw[0] == 3 || raw[0] == 4) {
        return fail(Errc::unsupported, fmt::format("type {} is not supported, only 0 and 2", raw[0]));
    }
    return fail(Errc::decode, fmt::format("the first byte 0x{:02x} begins no transaction", raw[0]));
}

/// The rules that hold for every transaction, whoever made it; nothing when all do.
const char* broken_rule(const Transaction& tx) {
    if (tx.tip > tx.max_fee) return "the tip is above the fee (EIP-1559)";
    if (tx.nonce.value == std::numeric_limits<std::uint64_t>::max())
        return "the nonce is 2^64 - 1 (EIP-2681)";
    return nullptr;
}

Result<DecodedTx> decode_checked(ByteView raw) {
    DecodedTx out = OR_TRY(decode_fields(raw));
    if (const char* rule = broken_rule(out.tx)) return fail(Errc::decode, rule);
    out.from =
        OR_TRY(recover(signing_hash(out.tx), out.signature.r, out.signature.s, out.signature.y_parity));
    out.hash = TxHash{keccak256(raw)};
    return out;
}

}  // namespace

Transaction to_transaction(const UnsignedTx& tx) {
    Transaction out;
    out.chain = tx.call.chain;
    out.nonce = tx.nonce;
    out.to = tx.call.to;
    out.value = tx.call.value;
    out.data = tx.call.data;
    out.gas_limit = tx.call.gas_limit;
    out.max_fee = tx.max_fee;
    out.tip = tx.tip;
    return out;
}

Hash32 signing_hash(const Transaction& tx) {
    OR_ASSERT(tx.type == 0 || tx.type == 2);
    if (tx.type == 2) return {keccak256(typed(2, eip1559_fields(tx).encode()))};
    rlp::List list = legacy_fields(tx);
    if (tx.chain) list.uint(tx.chain->value).uint(0).uint(0);
    return {keccak256(list.encode())};
}

SignedTx serialize(const Transaction& tx, const Signature& signature) {
    OR_ASSERT(tx.type == 0 || tx.type == 2);
    SignedTx out;
    if (tx.type == 2) {
        rlp::List list = eip1559_fields(tx);
        list.uint(signature.y_parity).uint(signature.r).uint(signature.s);
        out.raw = typed(2, list.encode());
    } else {
        const U256 base = tx.chain ? U256(tx.chain->value) * U256(2) + U256(35) : U256(27);
        rlp::List list = legacy_fields(tx);
        list.uint(base + U256(signature.y_parity)).uint(signature.r).uint(signature.s);
        out.raw = list.encode();
    }
    out.hash = TxHash{keccak256(out.raw)};
    return out;
}

Result<SignedTx> sign_transaction(const Transaction& tx, const KeyPair& key) {
    if (tx.type != 0 && tx.type != 2) {
        return fail(Errc::rejected, fmt::format("not signed: type {} is not 0 or 2", tx.type));
    }
    if (!tx.chain || tx.chain->value == 0) {
        return fail(Errc::rejected,
                    "not signed: without a chain id it could be replayed on every chain (EIP-155)");
    }
    if (tx.type == 0 && (!tx.access_list.empty() || tx.tip != tx.max_fee)) {
        return fail(Errc::rejected, "not signed: type 0 has one gas price and no access list");
    }
    if (const char* rule = broken_rule(tx)) return fail(Errc::rejected, fmt::format("not signed: {}", rule));
    return serialize(tx, OR_TRY(key.sign(signing_hash(tx))));
}

Result<DecodedTx> decode_transaction(ByteView raw) {
    auto decoded = decode_checked(raw);
    if (decoded) return decoded;
    return fail(decoded.error().code, "not a valid signed transaction: " + decoded.error().what);
}

}  // namespace outrigger::tx
