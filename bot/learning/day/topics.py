"""Topics to talk about, easy ones first: for each level a few that its grammar and words reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A question to talk about."""

    japanese: str
    english: str


TOPICS: dict[str, tuple[Topic, ...]] = {
    "n5": (
        Topic("週末は何をしますか。", "What do you do on weekends?"),
        Topic("朝ごはんに何を食べますか。", "What do you eat for breakfast?"),
        Topic("好きな食べ物は何ですか。", "What food do you like?"),
        Topic("あなたの町には何がありますか。", "What is there in your town?"),
        Topic("どんな音楽が好きですか。", "What kind of music do you like?"),
        Topic("きのう何をしましたか。", "What did you do yesterday?"),
        Topic("何時に起きますか。何時に寝ますか。", "When do you get up, and go to bed?"),
        Topic("何人家族ですか。", "How many are there in your family?"),
        Topic("日本で何をしたいですか。", "What would you like to do in Japan?"),
        Topic("犬と猫と、どちらが好きですか。", "Dogs or cats: which do you like?"),
        Topic("今日の天気はどうですか。", "How is the weather today?"),
        Topic("休みの日はどこへ行きますか。", "Where do you go on your days off?"),
    ),
    "n4": (
        Topic("子どものとき、何になりたかったですか。", "What did you want to become as a child?"),
        Topic(
            "最近買ったもので、よかったものは何ですか。",
            "What have you bought lately that you like?",
        ),
        Topic(
            "料理をしますか。一番よく作る料理は何ですか。", "Do you cook? What do you make most?"
        ),
        Topic("一番おもしろかった旅行について話してください。", "Tell us about your best trip."),
        Topic("日本語の勉強で、何が一番難しいですか。", "What is hardest about studying Japanese?"),
        Topic("もし一か月休みがあったら、何をしますか。", "What would you do with a month off?"),
        Topic("体にいいことを何かしていますか。", "Do you do anything for your health?"),
        Topic("好きな季節と、その理由を教えてください。", "Which season do you like, and why?"),
        Topic(
            "友だちに教えたい映画や本はありますか。",
            "Is there a film or book you would recommend?",
        ),
        Topic("あなたの国で有名な食べ物は何ですか。", "What food is your country known for?"),
        Topic("道に迷ったことがありますか。", "Have you ever lost your way?"),
        Topic("もらって一番うれしかったプレゼントは何ですか。", "Which present made you happiest?"),
    ),
    "n3": (
        Topic(
            "日本のことで、驚いたことは何ですか。",
            "What has surprised you about Japan?",
        ),
        Topic(
            "ことばが通じなくて困った経験はありますか。",
            "Have you ever had trouble making yourself understood?",
        ),
        Topic(
            "都会と田舎、住むならどちらがいいですか。", "City or countryside: where would you live?"
        ),
        Topic("最近のニュースで気になったことは何ですか。", "Which recent news caught your eye?"),
        Topic(
            "子どものころの思い出で、忘れられないことは何ですか。",
            "Which childhood memory stays with you?",
        ),
        Topic(
            "やめたいのにやめられない習慣はありますか。",
            "Is there a habit that you want to break but cannot?",
        ),
        Topic("お金と時間、どちらが大切だと思いますか。", "Money or time: which matters more?"),
        Topic(
            "あなたの国のお祭りを一つ紹介してください。",
            "Tell us about a festival in your country.",
        ),
        Topic(
            "初めて会った人と、どんな話をしますか。",
            "What do you talk about with people you have just met?",
        ),
        Topic(
            "スマホがなかったら、一日はどう変わりますか。",
            "How would a day change without a phone?",
        ),
        Topic("今までで一番がんばったことは何ですか。", "What have you worked hardest at?"),
        Topic("外国語を勉強すると、何が変わりますか。", "What changes when one learns a language?"),
    ),
    "n2": (
        Topic("在宅勤務に賛成ですか、反対ですか。", "Are you for or against working from home?"),
        Topic("敬語は必要だと思いますか。", "Do you think that honorifics are needed?"),
        Topic(
            "便利になって、かえって失われたものは何でしょうか。", "What has convenience cost us?"
        ),
        Topic("働く上で、給料以外に大切なことは何ですか。", "What matters at work besides pay?"),
        Topic(
            "翻訳ソフトがあれば、外国語を学ぶ必要はないでしょうか。",
            "With translation software, is there no need to learn languages?",
        ),
        Topic(
            "観光客が増えることの良い点と悪い点は何ですか。",
            "What is good and bad about more tourists?",
        ),
        Topic("失敗から学んだことを話してください。", "Tell us what a failure taught you."),
        Topic(
            "大人になったと感じたのは、どんなときですか。",
            "When did you feel that you had grown up?",
        ),
        Topic(
            "子どもにスマホを持たせるなら、何歳からがいいですか。",
            "From what age should children have phones?",
        ),
        Topic(
            "伝統は、形を変えてでも守るべきでしょうか。",
            "Should traditions be kept, even if their form changes?",
        ),
    ),
    "n1": (
        Topic(
            "少子化の対策として、何が効果的だと考えますか。",
            "What would be effective against a falling birth rate?",
        ),
        Topic(
            "表現の自由は、どこまで認められるべきでしょうか。", "How far should free expression go?"
        ),
        Topic(
            "人工知能が書いた文章に、著作権を認めるべきですか。",
            "Should what an AI writes be protected by copyright?",
        ),
        Topic("多数決は、いつも公平だと言えるでしょうか。", "Is a majority vote always fair?"),
        Topic(
            "方言を残すことに、どのような意味がありますか。",
            "What is the point of keeping dialects?",
        ),
        Topic("教育に競争は欠かせないものでしょうか。", "Is competition essential to education?"),
        Topic(
            "豊かさとは何か、あなたの考えを述べてください。",
            "What is a rich life? Tell us what you think.",
        ),
        Topic(
            "働きすぎを防ぐために、社会は何をすべきでしょうか。",
            "What should society do against overwork?",
        ),
        Topic(
            "経済成長と環境保護は両立しうるでしょうか。",
            "Can growth and the environment be reconciled?",
        ),
        Topic(
            "「ことばの乱れ」は、乱れでしょうか、変化でしょうか。",
            'Is "careless" language decay or change?',
        ),
    ),
}
