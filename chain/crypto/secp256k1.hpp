// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"
#include "chain/crypto/secret.hpp"

namespace outrigger {

/// An ECDSA signature over secp256k1 that also says which of two keys made it.
struct Signature {
    U256 r;
    U256 s;                     // in the lower half of the group order (EIP-2)
    std::uint8_t y_parity = 0;  // 0 or 1
    friend bool operator==(const Signature&, const Signature&) = default;
};

/// A private key and the address it controls.
class KeyPair {
  public:
    /// The pair of a key. Errors: Errc::key when it is zero or not below the group order.
    static Result<KeyPair> create(Secret<32> key);

    const Address& address() const { return address_; }

    /// The signature of a 32-byte hash: RFC 6979 nonce, low s. It is verified and its signer recovered before
    /// it is returned, so that a fault in memory or arithmetic cannot leak the key through a bad signature.
    /// Errors: Errc::key when the check fails.
    Result<Signature> sign(const Hash32& hash) const;

  private:
    KeyPair(Secret<32> key, Bytes public_key, const Address& address)
        : key_(std::move(key)), public_key_(std::move(public_key)), address_(address) {}

    Secret<32> key_;
    Bytes public_key_;  // 65 bytes, uncompressed
    Address address_;
};

/// The address whose key made the signature.
/// Errors: Errc::decode when r or s is out of range, s is in the upper half (EIP-2), y_parity is not 0 or 1,
/// or no key can have made it.
Result<Address> recover(const Hash32& hash, const U256& r, const U256& s, std::uint8_t y_parity);

}  // namespace outrigger
