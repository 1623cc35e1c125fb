//! How a screen that somebody shows is looked at: as a whole, or closer.

/// What of the picture is in sight. The picture is as large as its place at a scale of 1, and never
/// smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    /// How many times as large.
    scale: f64,
    /// By how much of its place's width and height its middle is beside the place's: 0.5 is half
    /// of it, to the right or down.
    x: f64,
    y: f64,
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            scale: 1.0,
            x: 0.0,
            y: 0.0,
        }
    }
}

/// As close as is of use: the pixels can be counted.
const CLOSEST: f64 = 8.0;
/// By one turn of a wheel, or one key.
const STEP: f64 = 1.25;
/// Of the place, by one arrow key.
const MOVE: f64 = 0.1;

impl Zoom {
    /// Closer (above 1) or further by a factor, while what is at this point stays there: 0 is the
    /// middle of the place, 0.5 its right or lower edge.
    #[must_use]
    pub fn by(self, factor: f64, (x, y): (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(1.0, CLOSEST);
        let grown = scale / self.scale;
        Self {
            scale,
            x: x - (x - self.x) * grown,
            y: y - (y - self.y) * grown,
        }
        .bounded()
    }

    /// One turn of a wheel: up is closer.
    #[must_use]
    pub fn wheel(self, delta: f64, at: (f64, f64)) -> Self {
        let factor = if delta < 0.0 { STEP } else { 1.0 / STEP };
        if delta == 0.0 {
            self
        } else {
            self.by(factor, at)
        }
    }

    /// Twice as close, or the whole again.
    #[must_use]
    pub fn toggle(self, at: (f64, f64)) -> Self {
        if self.is_whole() {
            self.by(2.0, at)
        } else {
            Self::default()
        }
    }

    /// Pulled by so much of the place.
    #[must_use]
    pub fn pulled(self, x: f64, y: f64) -> Self {
        Self {
            x: self.x + x,
            y: self.y + y,
            ..self
        }
        .bounded()
    }

    /// After this key; `None` if it means nothing.
    pub fn key(self, key: &str) -> Option<Self> {
        let middle = (0.0, 0.0);
        match key {
            "+" | "=" => Some(self.by(STEP, middle)),
            "-" => Some(self.by(1.0 / STEP, middle)),
            "0" => Some(Self::default()),
            "ArrowLeft" => Some(self.pulled(MOVE, 0.0)),
            "ArrowRight" => Some(self.pulled(-MOVE, 0.0)),
            "ArrowUp" => Some(self.pulled(0.0, MOVE)),
            "ArrowDown" => Some(self.pulled(0.0, -MOVE)),
            _ => None,
        }
    }

    /// All of it is in sight.
    pub fn is_whole(self) -> bool {
        self.scale <= 1.0
    }

    /// For `transform` (CSS Transforms, section 13), with the origin in the middle.
    pub fn transform(self) -> String {
        if self.is_whole() {
            return "none".to_owned();
        }
        let percent = |part: f64| part * 100.0;
        format!(
            "translate({:.2}%, {:.2}%) scale({:.3})",
            percent(self.x),
            percent(self.y),
            self.scale
        )
    }

    /// Its edges stay outside of the place.
    fn bounded(self) -> Self {
        let room = (self.scale - 1.0) / 2.0;
        Self {
            x: self.x.clamp(-room, room),
            y: self.y.clamp(-room, room),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: (f64, f64) = (0.0, 0.0);

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let at = (0.3, -0.2);
        let zoom = Zoom::default().by(2.0, at);
        // A point of the picture at `at` was `at` from its middle, and is twice that now.
        assert!((zoom.x + 2.0 * at.0 - at.0).abs() < 1e-9);
        assert!((zoom.y + 2.0 * at.1 - at.1).abs() < 1e-9);
        assert_eq!(zoom.by(0.5, at), Zoom::default());
    }

    #[test]
    fn it_is_never_smaller_than_its_place_nor_pulled_out_of_it() {
        let whole = Zoom::default();
        assert_eq!(whole.by(0.1, (0.4, 0.4)), whole);
        assert_eq!(whole.pulled(3.0, -3.0), whole);
        let close = whole.by(1e9, MIDDLE);
        assert_eq!(close.scale, CLOSEST);
        let pulled = close.pulled(100.0, -100.0);
        assert_eq!((pulled.x, pulled.y), (3.5, -3.5));
        assert_eq!(pulled.by(1e-9, MIDDLE), whole);
    }

    #[test]
    fn keys_and_a_double_click_do_the_same() {
        let closer = Zoom::default().key("+").expect("a key of ours");
        assert!(!closer.is_whole());
        assert_eq!(closer.key("-"), Some(Zoom::default()));
        assert_eq!(closer.key("0"), Some(Zoom::default()));
        assert!(closer.key("ArrowLeft").is_some_and(|it| it.x > 0.0));
        assert_eq!(closer.key("m"), None);
        assert_eq!(Zoom::default().toggle(MIDDLE).scale, 2.0);
        assert_eq!(closer.toggle(MIDDLE), Zoom::default());
        assert_eq!(closer.wheel(0.0, MIDDLE), closer);
        assert_eq!(Zoom::default().wheel(-3.0, MIDDLE), closer);
    }

    #[test]
    fn the_style_says_where_it_is() {
        assert_eq!(Zoom::default().transform(), "none");
        let zoom = Zoom::default().by(2.0, (0.25, 0.0));
        assert_eq!(zoom.transform(), "translate(-25.00%, 0.00%) scale(2.000)");
    }
}
