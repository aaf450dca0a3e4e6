"""Small files of JMdict and KANJIDIC2, in the form of the real ones."""

from __future__ import annotations

JMDICT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE JMdict [
<!ELEMENT JMdict (entry*)>
<!ENTITY v5k "Godan verb with 'ku' ending">
<!ENTITY n "noun (common) (futsuumeishi)">
<!ENTITY vs "noun or participle which takes the aux. verb suru">
<!ENTITY uk "word usually written using kana alone">
<!ENTITY sK "search-only kanji form">
<!ENTITY sl "slang">
]>
<!-- JMdict created: 2026-11-20 -->
<JMdict>
<entry><ent_seq>1578850</ent_seq>
<k_ele><keb>行く</keb><ke_pri>ichi1</ke_pri></k_ele>
<k_ele><keb>往く</keb><ke_inf>&sK;</ke_inf></k_ele>
<r_ele><reb>いく</reb><re_pri>ichi1</re_pri></r_ele>
<r_ele><reb>ゆく</reb><re_restr>行く</re_restr></r_ele>
<sense><pos>&v5k;</pos><gloss>to go</gloss><gloss xml:lang="ger">gehen</gloss></sense>
<sense><misc>&uk;</misc><gloss>to continue &amp; go on</gloss></sense>
<sense><gloss xml:lang="fre">aller</gloss></sense>
</entry>
<entry><ent_seq>2852700</ent_seq>
<k_ele><keb>推し活</keb></k_ele>
<r_ele><reb>おしかつ</reb></r_ele>
<sense><pos>&n;</pos><pos>&vs;</pos><misc>&sl;</misc>
<gloss>supporting one's favorite</gloss></sense>
</entry>
<entry><ent_seq>2852701</ent_seq>
<r_ele><reb>ドイツごだけ</reb></r_ele>
<sense><pos>&n;</pos><gloss xml:lang="ger">nur deutsch</gloss></sense>
</entry>
</JMdict>
"""
KANJIDIC = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE kanjidic2 [<!ELEMENT kanjidic2 (header,character*)>]>
<kanjidic2>
<header><file_version>4</file_version><date_of_creation>2026-11-19</date_of_creation></header>
<character><literal>行</literal>
<codepoint><cp_value cp_type="ucs">884c</cp_value></codepoint>
<radical><rad_value rad_type="classical">144</rad_value></radical>
<misc><grade>2</grade><stroke_count>6</stroke_count><stroke_count>7</stroke_count>
<freq>20</freq><variant var_type="ucs">5f80</variant></misc>
<reading_meaning><rmgroup><reading r_type="pinyin">xing2</reading>
<reading r_type="ja_on">コウ</reading><reading r_type="ja_kun">い.く</reading>
<meaning>going</meaning><meaning m_lang="fr">aller</meaning></rmgroup>
<nanori>いく</nanori></reading_meaning>
</character>
<character><literal>往</literal>
<codepoint><cp_value cp_type="ucs">5f80</cp_value></codepoint>
<radical><rad_value rad_type="classical">60</rad_value></radical>
<misc><stroke_count>8</stroke_count></misc>
</character>
</kanjidic2>
"""
