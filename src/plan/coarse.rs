//! Numbers that move all the time, made coarse: a busy stream must not make status change with every look.

/// The number that stands in status for `value`, which is not negative: a step of 1, 2, 5, 10, 20, 50, ... that is not below it, or 0
/// when it is less than `least`.
///
/// What stands there stays while the value is at most a quarter above it and not below a quarter of it, so that a value that swings
/// around a step is written once.
pub fn coarse(previous: Option<i64>, value: f64, least: i64) -> i64 {
    let stands = previous.filter(|p| {
        let step = *p as f64;
        value <= step * 1.25 && value > step / 4.0
    });
    match stands {
        Some(step) => step,
        None if value < least as f64 => 0,
        None => step_above(value),
    }
}

fn step_above(value: f64) -> i64 {
    let mut tens: i64 = 1;
    loop {
        for step in [1, 2, 5] {
            let step = tens.saturating_mul(step);
            if step as f64 >= value || step == i64::MAX {
                return step;
            }
        }
        tens = tens.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_step_that_is_not_below_it() {
        for (value, step) in [
            (0.0, 0),
            (0.9, 0),
            (1.0, 1),
            (1.5, 2),
            (3.0, 5),
            (51.0, 100),
            (1234.0, 2000),
            (1e30, i64::MAX),
        ] {
            assert_eq!(coarse(None, value, 1), step, "{value}");
        }
    }

    #[test]
    fn below_the_least_it_is_zero() {
        assert_eq!(coarse(None, 9.9, 10), 0);
        assert_eq!(coarse(Some(0), 11.0, 10), 20);
    }

    #[test]
    fn what_stands_there_stays_while_the_value_swings_around_it() {
        for value in [5.1, 12.0, 20.0, 25.0] {
            assert_eq!(coarse(Some(20), value, 1), 20, "{value}");
        }
    }

    #[test]
    fn a_value_that_left_its_step_is_written_anew() {
        assert_eq!(coarse(Some(20), 26.0, 1), 50);
        assert_eq!(coarse(Some(20), 5.0, 1), 5);
        assert_eq!(coarse(Some(20), 4.0, 1), 5);
        assert_eq!(coarse(Some(20), 4.0, 10), 0);
        assert_eq!(coarse(Some(20), 0.0, 1), 0);
    }
}
