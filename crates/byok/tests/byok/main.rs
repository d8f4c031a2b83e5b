//! Keys and blobs, checked by implementations that `byok` does not use for the same step.

mod openssl;
mod own_key;
mod support;
mod target_key;
mod transfer;
