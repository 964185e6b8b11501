//! Ids as API Gateway makes them: lower-case letters and digits, here deterministic and never used twice.

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Prime to 36, so that multiplying is a permutation of the ids of one length: neighbours look different, none comes twice.
const STRIDE: u128 = 2_654_435_761_489_211;

/// Length of an API's id.
pub(in crate::world) const API: u32 = 10;
/// Length of the id of a resource or a deployment.
pub(in crate::world) const PART: u32 = 6;
/// Length of the id of a route or an integration of an HTTP API.
pub(in crate::world) const ROUTE: u32 = 7;

/// The next id of the region with that many characters.
pub(in crate::world) fn next(counter: &mut u64, length: u32) -> String {
    *counter += 1;
    let space = 36_u128.pow(length);
    let mut number = (u128::from(*counter) * STRIDE) % space;
    let mut id = Vec::new();
    for _ in 0..length {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        id.push(char::from(DIGITS[digit]));
        number /= 36;
    }
    id.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn no_id_comes_twice() {
        let mut counter = 0;
        let ids: BTreeSet<String> = (0..10_000).map(|_| super::next(&mut counter, super::PART)).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 6));
    }
}
