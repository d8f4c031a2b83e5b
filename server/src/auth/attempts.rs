//! How often somebody may try to sign in, before any password is hashed.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::Error;

/// After this many accounts or addresses those that may try freely again are forgotten.
const REMEMBERED: usize = 10_000;

/// Attempts to sign in, by account and by address.
pub(crate) struct Attempts {
    by_account: DefaultKeyedRateLimiter<String>,
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            by_account: RateLimiter::keyed(quota(10, Duration::from_secs(6))),
            by_address: RateLimiter::keyed(quota(30, Duration::from_secs(2))),
            clock: DefaultClock::default(),
        }
    }
}

impl Attempts {
    /// Counts an attempt, and refuses it when there were too many.
    pub(crate) fn admit(&self, account: &str, address: IpAddr) -> Result<(), Error> {
        if self.by_account.len() > REMEMBERED {
            self.by_account.retain_recent();
        }
        if self.by_address.len() > REMEMBERED {
            self.by_address.retain_recent();
        }
        let account = account.chars().take(64).collect::<String>();
        let by_address = self.by_address.check_key(&household(address));
        let outcome = by_address.and_then(|()| self.by_account.check_key(&account));
        outcome.map_err(|not_until| Error::TooManyAttempts(not_until.wait_time_from(self.clock.now())))
    }
}

/// Where somebody has 2^64 addresses, all of them count as one.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => (address.to_bits() >> 64 << 64).to_be_bytes().into(),
        IpAddr::V4(_) => address,
    }
}

/// So many at once, and one more after each period.
fn quota(burst: u32, period: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).expect("at least one attempt is allowed");
    Quota::with_period(period).expect("the period is not zero").allow_burst(burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_on_one_account_has_to_wait() {
        let attempts = Attempts::default();
        for n in 0..10 {
            assert!(attempts.admit("admin", IpAddr::from([192, 0, 2, n])).is_ok());
        }
        assert!(matches!(attempts.admit("admin", IpAddr::from([192, 0, 2, 99])), Err(Error::TooManyAttempts(_))));
        assert!(attempts.admit("other", IpAddr::from([192, 0, 2, 99])).is_ok());
    }

    #[test]
    fn all_addresses_of_one_network_count_together() {
        let attempts = Attempts::default();
        for n in 0..30 {
            let address: IpAddr = format!("2001:db8:1:2::{n}").parse().unwrap();
            assert!(attempts.admit(&format!("user-{n}"), address).is_ok());
        }
        assert!(attempts.admit("another", "2001:db8:1:2:ffff::1".parse().unwrap()).is_err());
        assert!(attempts.admit("another", "2001:db8:1:3::1".parse().unwrap()).is_ok());
    }

    #[test]
    fn an_address_that_tries_many_accounts_has_to_wait() {
        let attempts = Attempts::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        for n in 0..30 {
            assert!(attempts.admit(&format!("user-{n}"), address).is_ok());
        }
        let Err(Error::TooManyAttempts(wait)) = attempts.admit("another", address) else { panic!("admitted") };
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(2));
    }
}
