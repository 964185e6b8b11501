//! Identifiers that look like AWS's and are the same in every run.

use sha2::{Digest, Sha256};

use super::Region;

impl Region {
    /// A new id in the form of a UUID; never given twice in a region.
    pub(crate) fn new_uuid(&mut self) -> String {
        self.ids += 1;
        let digest = Sha256::digest(format!("{}/{}/{}", self.account, self.region, self.ids));
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[0..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_within_a_region_and_repeat_in_a_second_run() {
        let region = Region {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            ..Region::default()
        };
        let (mut one, mut two) = (region.clone(), region);
        let first = one.new_uuid();
        assert_eq!(first.len(), 36);
        assert_ne!(first, one.new_uuid());
        assert_eq!(first, two.new_uuid());
    }
}
