//! Which picture of a call is the large one, and which lie small beside it.

/// What can be seen in a call, but for one's own camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Picture {
    /// The peer's camera, or whatever the peer sends in place of it.
    Face,
    /// The screen that the peer shows beside the camera.
    Screen,
    /// The screen that is shown to the peer.
    OwnScreen,
}

impl Picture {
    const ALL: [Self; 3] = [Self::Screen, Self::Face, Self::OwnScreen];
}

/// Where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// It fills the stage.
    pub large: Picture,
    /// In their order; [`Picture::ALL`] has three.
    small: [Option<Picture>; 2],
}

impl Pictures {
    /// Of these there are, as wanted: the user has chosen a large one, or it is the peer's screen,
    /// which is there to be looked at.
    pub fn new(wanted: Option<Picture>, has_screen: bool, has_own_screen: bool) -> Self {
        let is_there = |picture: &Picture| match picture {
            Picture::Face => true,
            Picture::Screen => has_screen,
            Picture::OwnScreen => has_own_screen,
        };
        let usual = if has_screen {
            Picture::Screen
        } else {
            Picture::Face
        };
        let large = wanted.filter(is_there).unwrap_or(usual);
        let others = Picture::ALL.into_iter();
        let mut others = others.filter(|it| is_there(it) && *it != large);
        Self {
            large,
            small: [others.next(), others.next()],
        }
    }

    /// Its place among the small ones, from 0; `None` of one that is large, or not there.
    pub fn small(&self, picture: Picture) -> Option<usize> {
        self.small.iter().position(|it| *it == Some(picture))
    }

    /// The one that a key makes large: each in its turn.
    pub fn next(&self) -> Option<Picture> {
        let at = Picture::ALL.iter().position(|it| *it == self.large)?;
        let mut turn = Picture::ALL.into_iter().cycle().skip(at + 1).take(2);
        turn.find(|it| self.small(*it).is_some())
    }
}

/// The part of a picture's width or height at which something is, in ten-thousandths; `None`
/// outside of it. `from` and `size` are the picture's, in the same unit as `at`.
pub fn part(at: f64, from: f64, size: f64) -> Option<u16> {
    let part = (at - from) / size * f64::from(EDGE);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between the edges"
    )]
    (0.0..=f64::from(EDGE))
        .contains(&part)
        .then(|| part.round() as u16)
}

const EDGE: u16 = wimpex_direct::Position::EDGE;

/// Such a part for a style, in percent.
pub fn percent(part: u16) -> String {
    format!("{}.{:02}%", part / 100, part % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    use Picture::{Face, OwnScreen, Screen};

    #[test]
    fn a_screen_is_large_and_the_face_small_unless_the_user_wants_it_otherwise() {
        let shown = |wanted, has_screen, has_own| {
            let pictures = Pictures::new(wanted, has_screen, has_own);
            (pictures.large, pictures.small)
        };
        assert_eq!(shown(None, false, false), (Face, [None, None]));
        assert_eq!(shown(None, true, false), (Screen, [Some(Face), None]));
        assert_eq!(shown(Some(Face), true, false), (Face, [Some(Screen), None]));
        // One's own is seldom looked at.
        assert_eq!(shown(None, false, true), (Face, [Some(OwnScreen), None]));
        let both = shown(None, true, true);
        assert_eq!(both, (Screen, [Some(Face), Some(OwnScreen)]));
        // What is no longer there is not large.
        assert_eq!(shown(Some(Screen), false, false), (Face, [None, None]));
        assert_eq!(shown(Some(OwnScreen), true, false).0, Screen);
    }

    #[test]
    fn a_key_makes_each_large_in_its_turn() {
        let mut seen = Vec::new();
        let mut wanted = None;
        for _ in 0..4 {
            let pictures = Pictures::new(wanted, true, true);
            seen.push(pictures.large);
            wanted = pictures.next();
        }
        assert_eq!(seen, [Screen, Face, OwnScreen, Screen]);
        assert_eq!(Pictures::new(None, false, false).next(), None);
        assert_eq!(Pictures::new(None, true, false).small(OwnScreen), None);
    }

    #[test]
    fn a_place_is_a_part_of_the_picture_whatever_its_size() {
        assert_eq!(part(150.0, 100.0, 200.0), Some(2_500));
        assert_eq!(part(300.0, 100.0, 200.0), Some(10_000));
        assert_eq!(
            (part(99.0, 100.0, 200.0), part(301.0, 100.0, 200.0)),
            (None, None)
        );
        assert_eq!(
            (part(1.0, 0.0, 0.0), part(f64::NAN, 0.0, 1.0)),
            (None, None)
        );
        assert_eq!(percent(2_505), "25.05%");
        assert_eq!(percent(10_000), "100.00%");
    }
}
