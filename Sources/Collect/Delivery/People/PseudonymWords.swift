// The words of pseudonyms, 64 of each, in both languages side by side. Friendly words: somebody will
// read them beside their own work. An index never changes its meaning; new ones go to the end.

/// Adjectives.
let pseudonymAdjectives: [(en: String, zh: String)] = [
    ("Agile", "敏捷的"), ("Alert", "机警的"), ("Amber", "琥珀色的"), ("Attentive", "专注的"),
    ("Bold", "大胆的"), ("Brave", "勇敢的"), ("Breezy", "轻快的"), ("Bright", "明亮的"),
    ("Calm", "平静的"), ("Candid", "坦率的"), ("Careful", "细心的"), ("Cheerful", "开朗的"),
    ("Clever", "聪明的"), ("Cosy", "惬意的"), ("Crisp", "清爽的"), ("Curious", "好奇的"),
    ("Dapper", "整洁的"), ("Daring", "敢闯的"), ("Eager", "热切的"), ("Earnest", "认真的"),
    ("Easygoing", "随和的"), ("Elegant", "优雅的"), ("Faithful", "忠实的"), ("Fearless", "无畏的"),
    ("Fleet", "飞快的"), ("Frank", "直率的"), ("Friendly", "友善的"), ("Gentle", "温和的"),
    ("Gleaming", "闪亮的"), ("Golden", "金色的"), ("Graceful", "优美的"), ("Hardy", "坚韧的"),
    ("Hearty", "热诚的"), ("Humble", "谦逊的"), ("Jolly", "快活的"), ("Keen", "敏锐的"),
    ("Kind", "善良的"), ("Lively", "活泼的"), ("Loyal", "忠诚的"), ("Lucky", "幸运的"),
    ("Mellow", "柔和的"), ("Merry", "欢乐的"), ("Mindful", "用心的"), ("Modest", "朴实的"),
    ("Nimble", "灵巧的"), ("Noble", "高尚的"), ("Patient", "耐心的"), ("Playful", "顽皮的"),
    ("Plucky", "有胆量的"), ("Polite", "有礼的"), ("Proud", "自豪的"), ("Quick", "迅捷的"),
    ("Quiet", "安静的"), ("Serene", "宁静的"), ("Silver", "银色的"), ("Sincere", "真诚的"),
    ("Spry", "矫健的"), ("Steady", "稳重的"), ("Sunny", "阳光的"), ("Tidy", "整齐的"),
    ("Trusty", "可靠的"), ("Vivid", "鲜活的"), ("Witty", "风趣的"), ("Zesty", "热情的"),
]

/// Birds.
let pseudonymBirds: [(en: String, zh: String)] = [
    ("Albatross", "信天翁"), ("Avocet", "反嘴鹬"), ("Bittern", "麻鳽"), ("Blackbird", "乌鸫"),
    ("Bluebird", "蓝鸲"), ("Bulbul", "鹎"), ("Bunting", "鹀"), ("Buzzard", "鵟"),
    ("Chaffinch", "苍头燕雀"), ("Cormorant", "鸬鹚"), ("Crane", "鹤"), ("Cuckoo", "杜鹃"),
    ("Curlew", "杓鹬"), ("Dipper", "河乌"), ("Dove", "鸽子"), ("Dunlin", "黑腹滨鹬"),
    ("Egret", "白鹭"), ("Eider", "绒鸭"), ("Falcon", "隼"), ("Finch", "雀"),
    ("Flamingo", "火烈鸟"), ("Gannet", "鲣鸟"), ("Goldfinch", "红额金翅雀"), ("Goose", "雁"),
    ("Goshawk", "苍鹰"), ("Grebe", "䴙䴘"), ("Harrier", "鹞"), ("Heron", "苍鹭"),
    ("Hoopoe", "戴胜"), ("Hornbill", "犀鸟"), ("Ibis", "朱鹮"), ("Jacana", "水雉"),
    ("Jay", "松鸦"), ("Kestrel", "红隼"), ("Kingfisher", "翠鸟"), ("Kite", "鸢"),
    ("Lapwing", "麦鸡"), ("Lark", "云雀"), ("Linnet", "赤胸朱顶雀"), ("Magpie", "喜鹊"),
    ("Mallard", "绿头鸭"), ("Nightingale", "夜莺"), ("Nuthatch", "䴓"), ("Oriole", "黄鹂"),
    ("Osprey", "鹗"), ("Owl", "猫头鹰"), ("Partridge", "山鹑"), ("Pelican", "鹈鹕"),
    ("Petrel", "海燕"), ("Pipit", "鹨"), ("Plover", "鸻"), ("Puffin", "海鹦"),
    ("Quail", "鹌鹑"), ("Raven", "渡鸦"), ("Robin", "知更鸟"), ("Sandpiper", "矶鹬"),
    ("Skylark", "百灵"), ("Starling", "椋鸟"), ("Stork", "鹳"), ("Swallow", "家燕"),
    ("Swan", "天鹅"), ("Tern", "燕鸥"), ("Wagtail", "鹡鸰"), ("Wren", "鹪鹩"),
]
