//! Generates posts.

use super::super::random::Random;
use super::super::text;
use super::{
    Entities, Hashtag, Mention, Metadata, SearchMetadata, Status, Twitter, Url, Urls, User,
    UserEntities,
};

const STATUSES: usize = 130;
const SOURCE: &str =
    "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>";

pub(in super::super) fn twitter() -> Twitter {
    let mut random = Random::new(9);
    Twitter {
        statuses: (0..STATUSES).map(|_| status(&mut random, Quotes::Another)).collect(),
        search_metadata: SearchMetadata {
            completed_in: 0.087,
            max_id: 505_874_924_095_815_700,
            max_id_str: "505874924095815681".to_owned(),
            next_results: "?max_id=505874847260352512&q=%E4%B8%80&count=100".to_owned(),
            query: "%E4%B8%80".to_owned(),
            refresh_url: "?since_id=505874924095815681&q=%E4%B8%80".to_owned(),
            count: 100,
            since_id: 0,
            since_id_str: "0".to_owned(),
        },
    }
}

/// Whether a status may quote another one.
#[derive(PartialEq, Eq)]
enum Quotes {
    Another,
    Nothing,
}

fn status(random: &mut Random, quotes: Quotes) -> Status {
    let id = id(random);
    let reply = random.one_in(5).then(|| (self::id(random), user_id(random), text::name(random)));
    Status {
        metadata: Metadata { result_type: "recent".to_owned(), iso_language_code: "ja".to_owned() },
        created_at: date(random),
        id,
        id_str: id.to_string(),
        text: text::post(random),
        source: SOURCE.to_owned(),
        truncated: false,
        in_reply_to_status_id: reply.as_ref().map(|(status, ..)| *status),
        in_reply_to_status_id_str: reply.as_ref().map(|(status, ..)| status.to_string()),
        in_reply_to_user_id: reply.as_ref().map(|(_, user, _)| *user),
        in_reply_to_user_id_str: reply.as_ref().map(|(_, user, _)| user.to_string()),
        in_reply_to_screen_name: reply.map(|(.., name)| name),
        user: user(random),
        geo: None,
        coordinates: None,
        place: None,
        contributors: None,
        retweeted_status: (quotes == Quotes::Another && !random.one_in(4))
            .then(|| Box::new(status(random, Quotes::Nothing))),
        retweet_count: random.between(0, 100) as u32,
        favorite_count: random.between(0, 100) as u32,
        entities: entities(random),
        favorited: false,
        retweeted: false,
        possibly_sensitive: random.one_in(10),
        lang: "ja".to_owned(),
    }
}

fn user(random: &mut Random) -> User {
    let id = user_id(random);
    let image = format!("pbs.twimg.com/profile_images/{}/kUBmhsQ8_normal.jpeg", self::id(random));
    let background = format!("abs.twimg.com/images/themes/theme{}/bg.png", id % 19);
    User {
        id,
        id_str: id.to_string(),
        name: japanese(random, 3, 12),
        screen_name: text::name(random),
        location: japanese(random, 0, 10),
        description: text::post(random),
        url: random.one_in(3).then(|| short_url(random)),
        entities: UserEntities { description: Urls { urls: random.some((0, 2), url) } },
        protected: false,
        followers_count: random.between(0, 90_000) as u32,
        friends_count: random.between(0, 5_000) as u32,
        listed_count: random.between(0, 200) as u32,
        created_at: date(random),
        favourites_count: random.between(0, 10_000) as u32,
        utc_offset: random.one_in(2).then_some(32_400),
        time_zone: random.one_in(2).then(|| "Tokyo".to_owned()),
        geo_enabled: random.one_in(3),
        verified: false,
        statuses_count: random.between(0, 200_000) as u32,
        lang: "ja".to_owned(),
        contributors_enabled: false,
        is_translator: false,
        is_translation_enabled: false,
        profile_background_color: color(random),
        profile_background_image_url: format!("http://{background}"),
        profile_background_image_url_https: format!("https://{background}"),
        profile_background_tile: random.one_in(4),
        profile_image_url: format!("http://{image}"),
        profile_image_url_https: format!("https://{image}"),
        profile_banner_url: random.mostly(4, |random| {
            format!("https://pbs.twimg.com/profile_banners/{id}/{}", random.between(1, 1 << 31))
        }),
        profile_link_color: color(random),
        profile_sidebar_border_color: color(random),
        profile_sidebar_fill_color: color(random),
        profile_text_color: color(random),
        profile_use_background_image: true,
        default_profile: random.one_in(2),
        default_profile_image: false,
        following: false,
        follow_request_sent: false,
        notifications: false,
    }
}

fn entities(random: &mut Random) -> Entities {
    Entities {
        hashtags: random.some((0, 3), |random| Hashtag {
            text: japanese(random, 3, 10),
            indices: indices(random),
        }),
        symbols: Vec::new(),
        urls: random.some((0, 2), url),
        user_mentions: random.some((0, 3), mention),
    }
}

fn mention(random: &mut Random) -> Mention {
    let id = user_id(random);
    Mention {
        screen_name: text::name(random),
        name: japanese(random, 3, 12),
        id,
        id_str: id.to_string(),
        indices: indices(random),
    }
}

fn url(random: &mut Random) -> Url {
    let page = format!("example.com/{}/{}", text::word(random), random.between(0, 1_000_000));
    Url {
        url: short_url(random),
        expanded_url: format!("http://{page}"),
        display_url: page,
        indices: indices(random),
    }
}

fn short_url(random: &mut Random) -> String {
    format!("http://t.co/{:010x}", random.bits() >> 24)
}

fn japanese(random: &mut Random, least: u64, end: u64) -> String {
    let characters = random.between(least, end);
    text::japanese(random, characters)
}

fn indices(random: &mut Random) -> (u32, u32) {
    let start = random.between(0, 100) as u32;
    (start, start + random.between(3, 30) as u32)
}

fn id(random: &mut Random) -> u64 {
    random.between(505_000_000_000_000_000, 506_000_000_000_000_000)
}

fn user_id(random: &mut Random) -> u64 {
    random.between(10_000_000, 2_800_000_000)
}

fn color(random: &mut Random) -> String {
    format!("{:06X}", random.between(0, 1 << 24))
}

fn date(random: &mut Random) -> String {
    let clock = (random.between(0, 24), random.between(0, 60), random.between(0, 60));
    format!("Sun Aug 31 {:02}:{:02}:{:02} +0000 2014", clock.0, clock.1, clock.2)
}

#[cfg(test)]
mod tests {
    use super::twitter;

    #[test]
    fn the_text_has_its_size_and_is_reproducible() {
        let text = serde_json::to_string(&twitter()).unwrap();
        assert!((550_000..650_000).contains(&text.len()), "{}", text.len());
        assert_eq!(text, serde_json::to_string(&twitter()).unwrap());
    }
}
