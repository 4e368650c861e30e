// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test::faults {

/// Announces an answer and sends it a byte every few milliseconds, without an end in sight.
Fault trickle();
/// Sends a body that never ends, without saying how long it is.
Fault endless();
/// Sends a body of that many MiB, without saying how long it is.
Fault huge(std::size_t mebibytes);
/// Sends a gzip stream that unpacks to that many MiB of zeros, though nobody asked for compression.
Fault gzip_bomb(std::size_t mebibytes);
/// Sends half of the answer and resets the connection.
Fault reset();
/// Sends the answer in broken HTTP: "chunk-size", "chunk-cut", "two-lengths", "length-negative", "no-status",
/// "header-cut".
Fault framing(const std::string& how);
/// Sends every answer twice on the same connection.
Fault second_copy();
/// Answers every request with the answer to the one before it.
Fault one_late();
/// Sends the client elsewhere.
Fault redirect(std::string location);
/// Sends these bytes before or after the answer.
Fault prefixed(std::string bytes);
Fault suffixed(std::string bytes);
/// Sends the answer under another content type.
Fault content_type(std::string type);
/// Refuses for too many requests, as a header in seconds, a header with a date, a JSON-RPC error or a web
/// page: "seconds", "date", "json", "page".
Fault rate_limit(const std::string& how);

}  // namespace outrigger::test::faults
