//! An estimate of how good speech sounds: the E-model (ITU-T G.107), reduced to what a call
//! knows about itself, as in Cole and Rosenbluth, "Voice over IP performance monitoring"
//! (2001).
//!
//! The ITU has no impairment factors for Opus. Those of G.711 with packet loss concealment
//! (G.113, appendix I: `Ie` 0, `Bpl` 25.1) stand in for them: Opus conceals at least as well.
//! So it is an estimate, and labelled as one.

/// R of a call without any impairment (G.107, default values).
const BEST: f64 = 93.2;
/// `Bpl` of G.711 with concealment.
const BPL: f64 = 25.1;

/// The transmission rating factor R, 0 to 93.2, for a fraction of packets lost (0 to 1) and a
/// mouth-to-ear delay in seconds.
pub fn rating(loss: f64, delay: f64) -> f64 {
    let percent = (loss * 100.0).clamp(0.0, 100.0);
    let millis = (delay * 1_000.0).max(0.0);
    let delayed = 0.024 * millis + 0.11 * (millis - 177.3).max(0.0);
    (BEST - delayed - loss_impairment(percent)).clamp(0.0, 100.0)
}

/// `Ie,eff` (G.107, section 7.4) for random losses, in percent.
fn loss_impairment(percent: f64) -> f64 {
    95.0 * percent / (percent + BPL)
}

/// The mean opinion score (MOS), 1 to 4.5, for a rating R (G.107, annex B).
pub fn mean_opinion(rating: f64) -> f64 {
    match rating {
        r if r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        r => (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 0.05
    }

    #[test]
    fn an_undisturbed_call_is_as_the_standard_says() {
        let rating = rating(0.0, 0.0);
        assert!(close(rating, 93.2));
        // G.107, annex B: 93.2 gives a mean opinion of 4.41.
        assert!(close(mean_opinion(rating), 4.41));
    }

    #[test]
    fn the_opinion_is_that_of_the_table_in_annex_b() {
        for (rating, opinion) in [
            (90.0, 4.34),
            (80.0, 4.03),
            (70.0, 3.60),
            (60.0, 3.10),
            (50.0, 2.58),
        ] {
            assert!(
                close(mean_opinion(rating), opinion),
                "{rating}: {}",
                mean_opinion(rating)
            );
        }
    }

    #[test]
    fn loss_and_delay_only_make_it_worse() {
        let mut last = 100.0;
        for percent in 0..=100 {
            let now = rating(f64::from(percent) / 100.0, 0.05);
            assert!(now < last || now == 0.0, "{percent}");
            last = now;
        }
        assert!(rating(0.0, 0.4) < rating(0.0, 0.2));
        assert_eq!(rating(2.0, 100.0), 0.0);
        assert_eq!(mean_opinion(-5.0), 1.0);
        assert_eq!(mean_opinion(f64::from(200)), 4.5);
    }
}
