//! RSA key pairs that the vaults make themselves.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};

/// A generated pair: public parts big-endian without leading zero bytes, private part as PKCS#8 DER.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: Vec<u8>,
    pub(crate) pkcs8: Vec<u8>,
}

/// Pairs per size that are drawn from in turn; two, so that neighbouring keys differ.
type Pool = [OnceLock<Option<Pair>>; 2];

static POOLS: [Pool; 3] = [const { [const { OnceLock::new() }; 2] }; 3];
static DRAWN: AtomicUsize = AtomicUsize::new(0);

/// Makes a pair of a size a vault offers, or none for another size.
pub(crate) fn generate(bits: u32) -> Option<Pair> {
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        _ => return None,
    };
    Pair::read(&KeyPair::generate(size).ok()?)
}

/// Draws a pair made once per process.
pub(crate) fn draw(bits: u32) -> Option<Pair> {
    let pool = pool(bits)?;
    let slot = &pool[DRAWN.fetch_add(1, Ordering::Relaxed) % pool.len()];
    slot.get_or_init(|| generate(bits)).clone()
}

/// Another pair of the same size, for a vault that does not keep what it is given.
pub(crate) fn other_than(sent: &Pair) -> Pair {
    let bits = u32::try_from(sent.modulus.len() * 8).unwrap_or_default();
    let slots = pool(bits).into_iter().flatten();
    let mut pairs = slots.filter_map(|slot| slot.get_or_init(|| generate(bits)).as_ref());
    pairs.find(|pair| pair.modulus != sent.modulus).unwrap_or(sent).clone()
}

fn pool(bits: u32) -> Option<&'static Pool> {
    POOLS.get(usize::try_from(bits / 1024).ok()?.checked_sub(2)?)
}

impl Pair {
    pub(crate) fn read(key: &KeyPair) -> Option<Self> {
        Some(Self {
            modulus: key.public_key().modulus().big_endian_without_leading_zero().to_vec(),
            exponent: key.public_key().exponent().big_endian_without_leading_zero().to_vec(),
            pkcs8: key.as_der().ok()?.as_ref().to_vec(),
        })
    }
}
