//! In which corner of the stage the self-view lies, and which way its camera looks.

/// A corner of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Corner {
    /// Not the bottom.
    pub top: bool,
    /// Not the right.
    pub left: bool,
}

/// A rectangle of the screen, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The left edge.
    pub x: f64,
    /// The top edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Whether there is a camera on either side (Media Capture and Streams, `VideoFacingModeEnum`).
pub fn has_both_sides(facing_modes: &[String]) -> bool {
    let has = |side| facing_modes.iter().any(|facing| facing == side);
    has("user") && has("environment")
}

/// Whether the self-view is as in a mirror: people find their own unmirrored picture strange, and
/// the world behind a mirrored one unreadable.
pub fn is_mirrored(facing_mode: Option<&str>) -> bool {
    facing_mode != Some("environment")
}

impl Corner {
    /// The corner of the stage that the middle of the self-view is nearest to.
    pub fn nearest(own: Area, stage: Area) -> Self {
        let middle = |from: f64, size: f64| from + size / 2.0;
        Self {
            top: middle(own.y, own.height) < middle(stage.y, stage.height),
            left: middle(own.x, own.width) < middle(stage.x, stage.width),
        }
    }

    /// Where a key moves it (UI Events, `KeyboardEvent.key`).
    pub fn after(self, key: &str) -> Self {
        let Self { top, left } = self;
        match key {
            "ArrowUp" => Self { top: true, left },
            "ArrowDown" => Self { top: false, left },
            "ArrowLeft" => Self { top, left: true },
            "ArrowRight" => Self { top, left: false },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: Area = Area {
        x: 0.0,
        y: 0.0,
        width: 800.0,
        height: 600.0,
    };

    #[test]
    fn it_falls_into_the_nearest_corner() {
        let nearest = |x, y| {
            let own = Area {
                x,
                y,
                width: 160.0,
                height: 90.0,
            };
            let corner = Corner::nearest(own, STAGE);
            (corner.top, corner.left)
        };
        assert_eq!(nearest(10.0, 10.0), (true, true));
        assert_eq!(nearest(600.0, 10.0), (true, false));
        assert_eq!(nearest(10.0, 500.0), (false, true));
        assert_eq!(nearest(330.0, 260.0), (false, false), "past the middle");
    }

    #[test]
    fn a_camera_is_switched_where_there_are_two_sides() {
        let has_both = |facing: &[&str]| {
            let facing: Vec<_> = facing.iter().map(|it| String::from(*it)).collect();
            has_both_sides(&facing)
        };
        assert!(has_both(&["user", "environment", "environment"]));
        assert!(!has_both(&["user", "user"]) && !has_both(&["environment"]) && !has_both(&[]));
        assert!(is_mirrored(None) && is_mirrored(Some("user")));
        assert!(!is_mirrored(Some("environment")));
    }

    #[test]
    fn arrow_keys_move_it_and_no_others() {
        let corner = Corner::default().after("ArrowUp").after("ArrowLeft");
        assert_eq!((corner.top, corner.left), (true, true));
        assert_eq!(
            corner.after("ArrowDown").after("ArrowRight"),
            Corner::default()
        );
        assert_eq!(corner.after("Enter"), corner);
    }
}
