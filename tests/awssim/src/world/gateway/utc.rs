//! Moments as exported documents write them.

use crate::world::Millis;

/// `2026-01-31T12:00:00Z`, by the civil calendar.
pub(in crate::world) fn utc(at: Millis) -> String {
    let (days, seconds) = (at / 86_400_000, at / 1_000 % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_moment_is_written_by_the_civil_calendar() {
        assert_eq!(super::utc(1_772_323_199_000), "2026-02-28T23:59:59Z");
        assert_eq!(super::utc(1_709_210_096_789), "2024-02-29T12:34:56Z");
    }
}
