// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/secp256k1.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sys/random.h>

#include "chain/base/keccak.hpp"

namespace outrigger {
namespace {

struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};
using Context = std::unique_ptr<secp256k1_context, Destroy>;

/// The process's one context, created at first use and blinded with fresh randomness against side channels.
const secp256k1_context* context() {
    static const Context shared = [] {
        Context made(secp256k1_context_create(SECP256K1_CONTEXT_NONE));
        OR_ASSERT(made != nullptr);
        std::array<std::uint8_t, 32> seed{};
        OR_ASSERT(::getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()));
        OR_ASSERT(secp256k1_context_randomize(made.get(), seed.data()) == 1);
        wipe(seed);
        return made;
    }();
    return shared.get();
}

std::array<std::uint8_t, 65> serialize(const secp256k1_pubkey& key) {
    std::array<std::uint8_t, 65> out{};
    std::size_t size = out.size();
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
    OR_ASSERT(size == out.size());
    return out;
}

/// The last 20 bytes of the hash of the point without its format byte.
Address address_of(std::span<const std::uint8_t, 65> public_key) {
    const auto hash = keccak256(public_key.subspan<1>());
    Address address;
    std::copy(hash.begin() + 12, hash.end(), address.data.begin());
    return address;
}

/// The public key that made a signature, or nothing.
bool recover_key(const secp256k1_ecdsa_recoverable_signature& signature, const Hash32& hash,
                 secp256k1_pubkey& out) {
    return secp256k1_ecdsa_recover(context(), &out, &signature, hash.data.data()) == 1;
}

}  // namespace

Result<KeyPair> KeyPair::create(Secret<32> key) {
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(context(), &point, key.reveal().data()) != 1) {
        return fail(Errc::key, "not a private key: it is zero or not below the order of secp256k1");
    }
    const auto serialized = serialize(point);
    return KeyPair(std::move(key), Bytes(serialized.begin(), serialized.end()), address_of(serialized));
}

Result<Signature> KeyPair::sign(const Hash32& hash) const {
    secp256k1_ecdsa_recoverable_signature recoverable;
    if (secp256k1_ecdsa_sign_recoverable(context(), &recoverable, hash.data.data(), key_.reveal().data(),
                                         secp256k1_nonce_function_rfc6979, nullptr) != 1) {
        return fail(Errc::key, "signing failed");
    }
    secp256k1_ecdsa_signature plain;
    secp256k1_ecdsa_recoverable_signature_convert(context(), &plain, &recoverable);
    secp256k1_pubkey own;
    secp256k1_pubkey recovered;
    const bool verified =
        secp256k1_ec_pubkey_parse(context(), &own, public_key_.data(), public_key_.size()) == 1 &&
        secp256k1_ecdsa_verify(context(), &plain, hash.data.data(), &own) == 1 &&
        recover_key(recoverable, hash, recovered) && address_of(serialize(recovered)) == address_;
    if (!verified) {
        return fail(Errc::key,
                    "a signature did not verify against its own key and was discarded; "
                    "suspect the memory or the processor of this machine");
    }
    std::array<std::uint8_t, 64> compact{};
    int y_parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), compact.data(), &y_parity,
                                                            &recoverable);
    // 2 and 3 mean r overflowed the group order: found once in 2^127, and not expressible on the chain.
    if (y_parity > 1) return fail(Errc::key, "the signature has no y parity of 0 or 1");
    const ByteView bytes(compact);
    return Signature{U256::from_be(bytes.first(32)), U256::from_be(bytes.last(32)),
                     static_cast<std::uint8_t>(y_parity)};
}

Result<Address> recover(const Hash32& hash, const U256& r, const U256& s, std::uint8_t y_parity) {
    if (y_parity > 1) return fail(Errc::decode, "signature: y parity is not 0 or 1");
    if (r.is_zero() || s.is_zero()) return fail(Errc::decode, "signature: r or s is zero");
    std::array<std::uint8_t, 64> compact{};
    const auto r_bytes = r.to_be();
    const auto s_bytes = s.to_be();
    std::copy(r_bytes.begin(), r_bytes.end(), compact.begin());
    std::copy(s_bytes.begin(), s_bytes.end(), compact.begin() + 32);
    secp256k1_ecdsa_recoverable_signature recoverable;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &recoverable, compact.data(),
                                                            y_parity) != 1) {
        return fail(Errc::decode, "signature: r or s is not below the order of secp256k1");
    }
    secp256k1_ecdsa_signature plain;
    secp256k1_ecdsa_recoverable_signature_convert(context(), &plain, &recoverable);
    if (secp256k1_ecdsa_signature_normalize(context(), nullptr, &plain) == 1) {
        return fail(Errc::decode, "signature: s is in the upper half of the group order (EIP-2)");
    }
    secp256k1_pubkey key;
    if (!recover_key(recoverable, hash, key)) {
        return fail(Errc::decode, "signature: no public key can have made it");
    }
    return address_of(serialize(key));
}

}  // namespace outrigger
