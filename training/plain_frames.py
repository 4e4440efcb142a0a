# ruff: noqa: E501
"""Short, plain insults and threats, bare or in a few words, made from frames, and their near neighbours that are clean.

Comments of the labelled sets are longer and say more; "kill yourself" alone, or 蠢货, is next to never a row of theirs.
"""

import re
from collections.abc import Iterator

from frames import draw, hidden, made, surrounded

PERSONS = "idiot|moron|imbecile|cretin|loser|dumbass|jackass|asshole|bastard|bitch|cunt|twat|prick|dickhead|wanker|whore|slut|skank|hoe|retard|scumbag|scum|freak|creep|pig|cow|rat|clown|fool|dimwit|halfwit|nitwit|twit|buffoon|dunce|numbskull|bonehead|blockhead|lowlife|coward|liar|hypocrite|disgrace|parasite|maggot|worm|vermin|animal|monster|psycho|pervert|weirdo|slob|hag|troll|simpleton|ignoramus|douchebag|shithead|fuckface|motherfucker|faggot|fag|tranny|nigger|kike|chink|spic|dyke|piece of shit|piece of trash|piece of garbage|waste of space|waste of air|son of a bitch|sorry excuse for a man|snowflake|traitor|libtard|nobody"
STRONG_PERSONS = "idiot|moron|imbecile|dumbass|asshole|bitch|cunt|twat|prick|dickhead|wanker|whore|slut|retard|scumbag|faggot|fag|nigger|kike|chink|spic|shithead|fuckface|motherfucker|jackass|dimwit|halfwit|cretin|skank|tranny|douchebag|son of a bitch|piece of shit|loser|bastard"
ADJECTIVES = "stupid|dumb|pathetic|disgusting|worthless|useless|ugly|fat|filthy|dirty|lying|brainless|miserable|ignorant|retarded|sick|vile|cowardly|spineless|lazy|fucking|damn|goddamn|bloody|nasty|hideous|revolting|mindless|clueless|shameless|two-faced|evil"
JUDGED = "stupid|dumb|pathetic|disgusting|worthless|useless|ugly|fat and ugly|filthy|brainless|retarded|sick in the head|vile|a joke|a disgrace|scum|trash|garbage|nothing but trash|a waste of oxygen|dumb as a brick|thick as a plank|dead to me|an embarrassment|nothing|subhuman|mentally ill|braindead|brain-dead|insane|a failure"
PLAIN = """you are {A} {P}|you're {A} {P}|you {P}|you {J} {P}|you're {A} {J} {P}|{J} {P}|what {A} {P} you are|what {A} {P}|such {A} {P}|shut up {P}|shut up, you {P}|shut up you {J} {P}|get lost, {P}|go away, you {P}|go to hell, {P}|get out, {P}|you are {D}|you're {D}|you're so {J}|you are so {J} it hurts|you are the most {J} person alive|
are you {J} or what|how {J} are you|your mother is {A} {P}|your mom is {A} {P}|your whole family is {J}|nobody likes you, {P}|nobody wants you here, {P}|everybody hates you, {P}|i hate you, {P}|i hate you, you {J} {P}|cry more, {P}|learn to read, {P}|can't you read, {P}|you are nothing but {A} {P}|all of you are {J} {P}s|{P}s, all of you|bunch of {P}s|
look at you, {J} {P}|you make me sick, {P}|you make me sick|you disgust me|i despise you, {P}|you look like {A} {P}|shut your mouth, {P}|shut your mouth|shut your ugly face|shut your stupid trap|shut the hell up|die, {P}|drop dead, {P}|eat shit, {P}|bite me, {P}|burn in hell, {P}|rot in hell, {P}|nobody asked you, {P}|what's wrong with you, {P}|said the {P}"""
BARE_PERSONS = """{S}|{S}|you {S}|stupid {S}|you stupid {S}|dumb {S}|fucking {S}|{S}s"""
HURT = "kill|murder|shoot|stab|strangle|hang|drown|burn|beat|hurt|choke|smash|rape|bury|gut|destroy|break|knife|hunt|slaughter|crush|punch"
PARTS = "legs|neck|arms|skull|face|head|teeth|jaw|nose|bones|throat|knees|fingers"
BREAK = "break|smash|crush|cut|slit|bash in|kick in|snap|rip off|blow off|cave in"
THREATS = """i will {K} you|i'll {K} you|i'm gonna {K} you|i am going to {K} you|i want to {K} you|we will {K} you|we're going to {K} you|i swear i will {K} you|i'd love to {K} you|i will come and {K} you|i'll find you and {K} you|i will {K} you and your family|i'll {K} your whole family|i'll {K} you while you sleep|talk to me like that again and i'll {K} you|
come here again and i will {K} you|do that once more and i'll {K} you|one more word and i {K} you|shut up or i'll {K} you|someone should {K} you|somebody please {K} you|they should {K} you all|you should be {V}|you deserve to be {V}|people like you should be {V}|you ought to be {V}|you need to be {V}|you're going to be {V}|
i'll {R} your {B}|i will {R} your {B}|i'm going to {R} your {B}|someone should {R} your {B}|i know where you live|i know your address, {P}|i know where your kids go to school|watch your back|watch your back, {P}|you're dead|you are dead, {P}|you're a dead man|you are so dead|i'm coming for you|i'm coming for you, {P}|we are coming for you|you will pay for this, {P}|you'll regret the day you were born|
sleep with one eye open|you won't live to see tomorrow|this is your last day alive|your days are numbered, {P}|i will put a bullet in you|a bullet in your brain is what you need|i'm going to hunt you down|you'd better run, {P}|i hope someone {K}s you|i hope they {K} you"""
DEATH = "kill|hang|shoot|drown|cut|off|unalive|neck|strangle|burn|poison"
DIE = """{O} yourself|{O} yourself|go {O} yourself|just {O} yourself|please {O} yourself|you should {O} yourself|do us a favor and {O} yourself|why don't you {O} yourself|{O} yourself, {P}|{O} yourself already|{O} yourself you {J} {P}|
kill yourself|kill yourself {P}|kill yourself, {P}|kill yourself you {J} {P}|go and kill yourself, {P}|kill yourself, you {J} {P}|{P}, kill yourself|go kill yourself|kill urself|kill ur self|kys|kys {P}|go kys|just kys|kys lol|die|go die|just die|please die|die already|die slowly|go die in a hole|die in a ditch|crawl away and die|why aren't you dead yet|why are you still alive|i hope you die|i hope you die soon|i hope you die alone|i hope you die, {P}|i hope you get hit by a bus|i hope you get cancer|hope you die slowly|
you should die|you should just die|you deserve death|you deserve to die|you don't deserve to live|you shouldn't be alive|you should never have been born|you should have been aborted|your mother should have aborted you|no one will cry when you die|nobody will miss you|nobody will miss you when you are gone|everyone would be happier if you died|we would all be better off if you were dead|the world would be better without you|drop dead|drink bleach|eat rat poison|
jump in front of a train|go jump off a roof|jump off a cliff|go play in traffic|cut your wrists|slit your own throat|put a gun in your mouth|blow your brains out|end your life|end your miserable life, {P}|burn in hell|rot in hell|go to hell|go to hell and stay there|go choke on it|i wish you were dead|wish you were dead, {P}"""
SLURRED = """go back to {C}, {P}|go back where you came from|go back where you came from, {P}|get out of our country, {P}|dirty {G}|filthy {G}|dirty {G} go home|you dirty {G}|you filthy {G}|stinking {G}|stupid {G}|you {G} scum|{G} scum|{G} pig|{G} bitch|you people are vermin|you {G}s are vermin|shut up {G}|typical {G} trash"""
SLURRED_GROUPS = "jew|muslim|mexican|black|asian|arab|indian|immigrant|gypsy|paki|gay|homo|lesbian|tranny|refugee|foreigner|kike|chink|spic|nigger|polack|wetback"
COUNTRIES = "africa|mexico|china|your country|your own country|your desert|your jungle|india|pakistan"
HATE_V = "shot|killed|hanged|burned|stabbed|raped|beaten|locked up|put down|put to sleep|gassed|executed|whipped"
_LOOKS = {"i": "1!", "e": "3", "a": "4@", "o": "0", "s": "5$"}
LETTERED = "stupid|idiot|moron|bitch|shut up|fuck|fuck you|asshole|whore|slut|retard|nigger|faggot|cunt|kill yourself|die|loser|trash|scumbag|dumbass|bastard|imbecile|pathetic|dickhead"
PINYIN = "cnm|nmsl|tmd|wcnm|wqnmlgb|nmb|sbsb|dsb|qnmd|gunnm"

# near neighbours
DO_KILL = """how do i {K} {X}|how to {K} {X}|{K} {X}|please {K} {X}|can i {K} {X} safely|this will {K} {X}|i had to {K} {X}|what {K}s {X}|it {K}s {X}|don't {K} {X}|you should {K} {X}|you need to {K} {X} first|i'll {K} {X}|i will {K} {X} for you|we're going to {K} {X}|does vinegar {K} {X}|the best way to {K} {X}|you can {K} {X} yourself"""
KILLED_THINGS = "the process|a process|the server|the mold|weeds|ants|the mosquitoes|bacteria|germs|the virus|the engine|the lights|the job|the thread|the container|the hornets|moss|the tumor|fleas|time|the mood|the conversation|the project|two birds|the session|the daemon|the tree stump|a zombie process|the dragon|the boss|the monster in level three"
DO = "kill|shoot|hang|beat|burn|crush|choke|cut|break|smash|destroy|bury"
DO_THINGS = "the picture on the wall|a video of the show|the eggs|the garlic|the wood|the record|the calories|the onions|the ice|the rope|the budget|the drum|the coat in the hall|the dough|the walnuts|the spare key|the potatoes|the candle|a short film|some photos"
YOURSELF = """don't {H} yourself|you could {H} yourself|try not to {H} yourself|did you {H} yourself|{T} yourself|please {T} yourself|go and {T} yourself|just {T} yourself|you should {T} yourself|why don't you {T} yourself|be kind and {T} yourself|do it yourself|help yourself to the cake|make yourself at home"""
HURTS = "hurt|cut|burn|injure|scald|choke"
TREATS = "enjoy|introduce|be|relax and enjoy|take care of|believe in|brace|educate|prepare|ask|treat|teach|express|calm|help|pace|trust|read it|fix it|try it"
SUICIDE = """if you are thinking of {E}, please call a helpline|if you think about {E}, talk to someone you trust|he spoke about {E}, and his friends got help|what should i do if a friend talks about {E}|warning signs that someone is thinking of {E}|how to prevent {E}|{E} is never your fault|she survived an attempt at {E}|the novel deals with {E}|a study on {E} among students|thoughts of {E} can be treated|
please don't kill yourself|don't kill yourself, we love you|my friend says he will kill himself, what can i do|he said he wanted to die, and we called an ambulance|i want to die and i don't know who to call|i sometimes wish i were dead|she wanted to kill herself, but her sister stopped her|you are not worthless and your life matters|your life has value|someone told my son to kill himself; what can i do|telling someone to kill himself is a crime in some states|the message said "kill yourself", and the school called the police|
the bully wrote "kys" under her photo|what does kys mean|is "kill yourself" hate speech?|call the helpline if you want to die|you are loved|the man who wanted to jump off a bridge was saved|a nurse talked him out of jumping off the bridge"""
ENDING = "suicide|killing yourself|ending your life|self-harm|hurting yourself|taking your own life|dying"
REPORTED = """{W} threatened to {K} {U}|{W} threatens to {K} {U}|{W} said that he would {K} {U}|{W} shouted that he would {K} {U}|{W} was arrested for threatening to {K} {U}|{W} was charged with trying to {K} {U}|{W} wants to {K} {U} in the last act|{W} tried to {K} {U}|a man who threatened to {K} {U} was arrested|{W} is ordered to {K} {U}|in the story {W} plans to {K} {U}|police say {W} wanted to {K} {U}|why does {W} {K} {U} in the book|
summarize the scene in which {W} threatens to {K} {U}|{W} called {U} {A} {P} and was sent out|{W} was told never to call {U} {A} {P}|{W} wrote that {U} was {A} {P}, and apologized|the judge fined {W} for calling {U} {A} {P}|"{A} {P}" is what {W} calls {U} in the play|{W} had {K}ed no one"""
WHO = "the villain|the king|the witch|a neighbor|the suspect|the thief|a driver|the giant|the captain|the pirate|a student|the stepmother|Macbeth|the wolf|the soldier|an angry customer"
WHOM = "him|her|the prince|the hero|his brother|the judge|a teacher|the guard|the mayor|the old man|the hostage|a policeman|the girl|his neighbor|the princess"
SELF = """you are not {A} {P}|you're not {D}|you are not {D}, you are tired|nobody is {D}|am i {D}?|i feel {D} today|i was so {J} to forget my keys|why do i feel {D}|i felt like {A} {P}|sorry if this is {A} {J} question|{J} question, sorry: where is the map?|there is no {J} question|no question is too {J}|the {J} thing was easy to fix|i made {A} {J} mistake|my {J} alarm did not ring|the {J} printer is out of paper|
the weather was {J}|that shirt is {J}|the soup tasted {J}|what a {J} day|{A} {J} old house|the {J} truth|a {J} joke in the third act"""
DEAD = """dead {Z}|the {Z} is dead|a dead {Z}|why did the {Z} die|will the {Z} die|the {Z} died in winter|my {Z} died last year|how long until a {Z} dies|the {Z} will die without water|do not let the {Z} die|the {Z} is dying, what can i do|you die twice in this level|when does a {Z} die?|the last {Z} died in 1936|i would die for a {Z}|we nearly died laughing at the {Z}"""
DYING = "battery|phone|tree|language|plant|star|goldfish|engine|fern|cell|coral|link|pixel|hamster|tradition|cactus|bee"
GUIDES = """{S}-proof settings|{A} {S}'s guide to {Q}|The {S}'s Guide to {Q}|The Complete Idiot's Guide to {Q}|{Q} for Dummies|an idiot-proof way to learn {Q}|foolproof {Q}|a fool's guide to {Q}|idiot lights on a dashboard|the village idiot in the play|fool's gold is pyrite|the word {S} is from Greek|{S} (noun): a rude word|synonyms of {S}|is {S} a swear word|translate {S} into French|definition of {S}|the {S} in the tale wins in the end|"{S}" is a rude word|he regrets the word {S}"""
SUBJECTS = "chess|gardening|music theory|statistics|Windows|wine|knitting|cooking|grammar|Linux|tax returns|algebra"
MILD = "idiot|fool|moron|dummy|imbecile|loser|clown|freak|coward|creep|liar"
GAMES = """the {M} of the match|the {M} of the two teams|a sore {M}|the {M} bought the drinks|winners and {M}s|a circus {M}|the {M} fish|a {M} wave|{M} show in the circus|the {M} of the story changes|he was no {M}|the birthday {M}|April {M}'s Day|the court {M} sang|lab {R}|the {R} in the barn|a guinea pig|the pet {R}|a {R} on the farm|my {R} eats apples|the year of the {R}|save the {R}|cute {R}|a drawing of a {R}"""
ANIMALS = "pig|cow|rat|worm|dog|donkey|monkey|snake|maggot|goat|sheep|ape|toad"
COMMANDS = """shut up the shop at six|shut the {F}|please shut the {F}|shut your {F} quietly|get lost in a good book|we got lost in {L}|go back to {L}|he went back to {L}|they want to go back to {L}|i will go back to {L} in May|go away for the weekend|get out of {L} by train|i'm coming for you at six with the car|we are coming for dinner|i know where you live now, what a nice street|we will find you {A} {N}|i will find you {A} {N}|i'll hunt down the missing {N}|watch your back when lifting|
you will be dead tired|i hope you feel better|i hope you like the {N}|i hope you find {A} {N}|you deserve a {N}|you deserve to be happy|you deserve to be promoted|you should be proud|you should be paid more|someone should fix the {N}|you're in trouble with the {N}|you will regret missing the {N}|the trash is full|take out the garbage|the garbage collector runs|put it in the trash|the dump is closed|trash the old {N}|a waste of time|waste of space on the disk"""
FURNITURE = "door|window|lid|drawer|gate|eyes|book|valve"
PLACES = "school|Africa|China|Mexico|the office|work|your room|India|Italy|the start|the old town|Pakistan|the menu"
NOUNS = "seat|job|ticket|recipe|book|holiday|house|file|doctor|raise|friend|printer|solution|train"

ZH_PERSONS = "蠢货|蠢猪|蠢驴|蠢蛋|白痴|笨蛋|弱智|智障|脑残|脑瘫|傻逼|傻叉|傻缺|傻子|傻帽|傻屌|二货|二逼|煞笔|沙雕|废物|废柴|窝囊废|饭桶|人渣|渣男|渣女|败类|畜生|禽兽|牲口|王八蛋|王八羔子|混蛋|混账|坏种|杂种|野种|贱种|狗杂种|狗东西|狗崽子|狗腿子|狗奴才|哈巴狗|龟孙子|兔崽子|小兔崽子|贱人|贱货|贱婢|贱骨头|婊子|臭婊子|绿茶婊|圣母婊|骚货|骚狐狸|荡妇|破鞋|老妖婆|老不死|老东西|丑八怪|丑逼|死胖子|死肥猪|肥婆|肥猪|死变态|变态狂|死鬼|死人妖|死娘炮|娘炮|娘娘腔|死基佬|黑鬼|死黑鬼|小鬼子|鬼子|棒子|阿三|土鳖|土包子|乡巴佬|穷逼|穷鬼|死穷鬼|无赖|泼妇|流氓|臭流氓|人模狗样的东西|不要脸的东西|没教养的东西|没用的东西|恶心的东西|畜生东西|下流胚|孬种|怂货|怂包|软蛋|缩头乌龟|汉奸|走狗|白眼狼|狼心狗肺的东西|奇葩|神经病|疯狗|疯婆子|蛆|寄生虫|臭虫|垃圾|垃圾玩意|狗屎|屎壳郎|傻13|傻狗|憨批|憨货|瓜皮|瘪三|龟儿子|瓜娃子|扑街|衰仔|八婆|贱格"
ZH_STRONG = "蠢货|蠢猪|蠢驴|蠢蛋|白痴|弱智|智障|脑残|傻逼|傻叉|傻缺|傻屌|二逼|煞笔|废物|窝囊废|人渣|败类|畜生|王八蛋|王八羔子|混蛋|杂种|野种|贱种|狗杂种|狗东西|龟孙子|贱人|贱货|婊子|臭婊子|绿茶婊|骚货|荡妇|丑八怪|丑逼|死胖子|死肥猪|肥婆|死变态|死人妖|死娘炮|死基佬|黑鬼|土鳖|乡巴佬|穷逼|穷鬼|死穷鬼|臭流氓|不要脸的东西|没用的东西|恶心的东西|孬种|怂货|缩头乌龟|龟儿子|瘪三|狗娘养的|脑瘫|憨批|贱骨头|狗腿子|牲口|神经病|沙雕|傻狗|死妈的|没妈的|狗日的|老不死的|死老太婆|死老头|混账东西|禽兽|禽兽不如|猪狗不如|畜生不如|猪脑子|臭不要脸|不要脸|没脑子|脑子有病|脑子进水"
ZH_PLAIN = """{P}|{P}|你个{P}|你这个{P}|你就是{P}|你就是个{P}|你是{P}吗|你{P}吗|你真是个{P}|真是{P}|真是个{P}|大{P}|老{P}|死{P}|臭{P}|小{P}|一帮{P}|一群{P}|你们这群{P}|你们全是{P}|全是{P}|他妈的{P}|{P}一个|这{P}|那个{P}|{P}，滚|滚，{P}|滚吧{P}|滚蛋，{P}|滚远点，{P}|给我滚，{P}|闭嘴，{P}|闭嘴吧{P}|住口，{P}|去死吧，{P}|去死，{P}|{P}去死|
{P}，去死吧|骂的就是你{P}|说的就是你，{P}|看什么看，{P}|你算什么东西，{P}|谁稀罕你，{P}|没人喜欢你，{P}|你爸是{P}|你妈是{P}|你全家{P}|你们家都是{P}|讨厌的{P}|恶心的{P}|该死的{P}|该死的{P}，滚|没见过你这种{P}|你这种{P}不配|像你这种{P}|你这种{P}也配|呸，{P}|哼，{P}|{P}，你会说话吗|{P}，装什么装|看见{P}就烦|{P}给我闭嘴|又是你这个{P}|{P}真恶心|你好{P}|你有多{P}|
你长得像{P}|跟{P}没法说|懒得理你，{P}|你连{P}都不如|真他妈{P}|纯{P}|妥妥的{P}|{P}玩意|{P}玩意儿|{P}东西|{P}们|{P}，丢人现眼"""
ZH_BARE_PERSONS = (
    """{S}|{S}|{S}|{S}！|{S}。|你{S}|你这{S}|你是{S}|{S}吧你|{S}，{S}|大{S}|死{S}|臭{S}|{S}，闭嘴|{S}，滚"""
)
ZH_KILL = "杀|弄|打|砍|捅|掐|揍|烧|勒|踩|撞|整|抽|踢|淹|锤|捶|剁|毒|咬"
ZH_LIMBS = "腿|狗腿|手|胳膊|脖子|肋骨|鼻梁|脊梁骨|牙"
ZH_WHOM = "你|你全家|你妈|你爸|你儿子|你个{P}|你们|你们全家|你这个{P}"
ZH_THREATS = """{K}死你|{K}死你|{K}死你们|{K}死你全家|我{K}死你|老子{K}死你|我要{K}死你|我想{K}死你|我会{K}死你|真想{K}死你|信不信{K}死你|信不信老子{K}死你|早晚{K}死你|总有一天{K}死你|看我不{K}死你|小心我{K}死你|再说一句就{K}死你|再废话我{K}死你|给我等着，{K}死你|迟早{K}死你个{P}|{K}死你个{P}|{K}死你这个{P}|把你{K}死|我把你{K}死|谁来{K}死你|应该{K}死你|你就该被{K}死|你这种人该{K}死|
打断你的{B}|打断你{B}|我打断你的{B}|砍了你的{B}|剁了你的{B}|拧断你的{B}|卸你一条{B}|敲断你的{B}|打得你满地找牙|打爆你的头|打烂你的嘴|撕烂你的嘴|扇烂你的脸|拧下你的脑袋|扒了你的皮|抽了你的筋|杀了你|杀了你们|我杀了你|老子杀了你|宰了你|我宰了你|做了你|灭了你|灭你全家|灭你满门|杀你全家|杀光你们|把你剁成肉酱|把你埋了|活埋了你|一刀砍了你|一枪崩了你|崩了你|
你等着|你给我等着|你给我等着瞧|等着收尸吧|给你收尸|你死定了|你死期到了|你活不过今晚|你活不过明天|别让我再看见你|再让我看见你就打你|出门小心点|走夜路小心点|知道你家在哪|我知道你住哪儿|我找人弄你|我找人打你|找人收拾你|看我怎么收拾你|小心我收拾你|让你吃不了兜着走|让你生不如死|让你不得好死|让你家破人亡|让你断子绝孙|让你见阎王|送你上西天|送你去见阎王|送你下地狱|老子饶不了你|我跟你没完，{P}|
欠打|欠揍的{P}|皮痒了是吧|想挨揍吗|想死吗|想死吗你|想死是吧|找死|找死是吧|找死吗|不想活了吧你|活腻了吧|活腻了是吧"""
ZH_DIE = """去死|去死|去死|去死吧|你去死吧|你去死|去死啊|快去死|赶紧去死|给我去死|都去死|你们都去死|请你去死|麻烦你去死|叫你去死|你怎么不去死|怎么还不去死|咋不去死|为什么不去死|你咋还没死|怎么还不死|你怎么还没死|早死早超生|早点去死|早点死|快点死|快死吧|死吧|死吧你|死去吧|死远点|死开|死一边儿去|滚去死|你该死|你真该死|你早该死了|真该死，{P}|你不得好死|不得好死|祝你不得善终|咒你不得好死|愿你早死|祝你早死|祝你出门被车撞死|出门被车撞死|
被车撞死吧|吃饭噎死你|喝水呛死你|天打雷劈|你会遭报应的，{P}|下地狱吧|你下地狱去吧|滚下地狱|全家死绝|死绝了才好|你全家死绝|祝你全家死光|你家死绝了|死全家的{P}|死你全家|你妈死了|你妈死了吧|你爹死了|死妈玩意|没妈的东西|你没有妈妈|断子绝孙|绝后吧你|去跳楼|快去跳楼|跳楼去吧|你去跳楼吧|去跳河吧|去上吊吧|找根绳子上吊吧|去撞墙吧|去自杀|你怎么不自杀|你怎么不去自杀|赶快自杀吧|自杀谢罪吧|自己了断吧|喝农药去吧|吃药死了算了|
你活着有什么用|你活着干什么|你活着就是个错误|活着浪费空气|活着浪费资源|你不配活着|你不配做人|你就不该生下来|你妈就不该生你|当初就该把你掐死|没人在乎你死活|你死了没人哭|你死了才好|死了算了你|死了最好"""
ZH_OUT = """滚|滚|滚|滚！|你滚|滚吧|滚啊|滚开|滚远点|滚远些|快滚|赶紧滚|给老子滚|你给我滚|都给我滚|有多远滚多远|滚一边去|滚边儿去|滚出去|滚出去，{P}|滚你的|滚你妈的|滚你的蛋|滚蛋|滚蛋吧你|滚球|滚粗|滚回{C}去|滚回你的{C}|滚回{C}吧{P}|滚出{C}|闭嘴|你闭嘴|给我闭嘴|闭上你的嘴|闭上你的狗嘴|闭上你的臭嘴|闭上你的鸟嘴|把嘴闭上，{P}|狗嘴吐不出象牙|嘴巴放干净点，{P}|少放屁|放屁|放你的狗屁|满嘴喷粪|满嘴放屁|你放屁|你吃屎吧|吃屎|吃屎去|去吃屎|
你有病|你有病吧|有病吧|有病吧你|你神经病|神经病|神经病吧|你脑子有病|脑子有坑|脑子坏了吧你|你脑子坏掉了|脑子让门夹了|脑子被狗吃了|脑袋被门挤了吧|脑子里装的是屎|你脑子里全是屎|脑袋进水了|你没长脑子吗|没长脑子的{P}|长没长脑子|没长眼睛吗{P}|瞎了你的狗眼|你瞎啊|你瞎了吗，{P}|你聋了吗，{P}|你要不要脸|真不要脸|不要脸|臭不要脸的|不知廉耻|恬不知耻的{P}|没教养|没家教的{P}|有人生没人教|有娘生没娘养|你算老几|你算个屁|你算什么东西|你是个什么东西|什么玩意|什么狗东西|什么垃圾玩意|你也配|
看见你就恶心|看到你就恶心|你真恶心|你恶心死了|你让我恶心|看到你的脸就想吐|你真让人作呕|长得真恶心|长这么丑还出来吓人|你真丑|丑死了你|你又丑又蠢|又蠢又坏|蠢死了|蠢得要死|你蠢不蠢|你怎么这么蠢|你是不是蠢|蠢到家了|蠢得跟猪一样|笨得像猪|你猪啊|你是猪吗|你比猪还蠢|猪都比你聪明|你这头猪|你真贱|犯贱|你就是贱|贱不贱啊你|怎么这么贱|真下贱|骚不骚啊你|胖得像猪|肥得跟猪似的|穷成这样还有脸说|丢人现眼的{P}"""
ZH_CURSED = """操|操你|操你妈|操你妈的|操你全家|操你祖宗|操你祖宗十八代|日你|日你妈|日你先人|草你|草你妈|草你马|艹|艹你|艹你妈|艹你全家|淦你|干你妈|干你娘|干你老母|我操你妈|我艹你|我日|妈的|他妈的|他妈|你妈的|你妈|你妈逼|你妈比|去你妈的|去你大爷的|你大爷的|你奶奶的|尼玛|尼玛逼|泥马|草泥马|曹尼玛|cnm|c.n.m|CNM|nmsl|NMSL|n m s l|尼玛死了|你m死了|你🐴死了|tmd|t m d|TMD|tnnd|sb|傻b|s b|大sb|你个sb|傻B|傻×|傻x|傻X|傻*|傻**|你个傻*|大傻*|你真傻*|傻*玩意|傻x东西|傻比|傻币|傻笔|沙比|沙币|沙笔|煞笔|煞逼|莎比|啥比|2b|2B|二b|二B|装b|装B|装逼犯|牛逼个屁|滚nm|滚nmd|你tm|你tm有病|你他妈|你他妈的|你他吗|他吗的|他马的|特么的|王八*|王*蛋|混*蛋|贱*|婊*|狗*的|去*吧|死*吧|卧槽你妈|妈卖批|麻卖批|仙人板板|丢你老母|扑你阿母|冚家铲|屌你|屌你老母|顶你个肺"""
ZH_CITIES = "老家|乡下|农村|你们国家|日本|韩国|非洲|美国|印度|河南|东北|外地|娘胎|狗窝|猪圈|中国|上海|北京"

# near neighbours
ZH_DIED = """{K}死{X}|怎么{K}死{X}|如何{K}死{X}|{K}死了{X}|他{K}死了{X}|{X}被{K}死了|{W}被{K}死|{W}被{K}死的新闻|{W}被人{K}死|{W}被{K}死一案开庭|{W}{K}死{U}后被捕|{W}{K}死了{U}|小说里{W}{K}死了{U}|{W}威胁要{K}死{U}|{W}扬言{K}死{U}，被警方拘留|{W}说要{K}死{U}|电影里{W}要{K}死{U}|{W}想{K}死{U}的动机是什么|为什么{W}要{K}死{U}|{W}骂{U}{P}，被罚款|{W}骂{U}是{P}|{W}被{U}骂作{P}|{W}对{U}说了一句“{P}”|{W}因辱骂{U}“{P}”道歉|{W}冲{U}大喊“去死”|{W}大喊一声“滚”|{W}叫{U}滚出去，{U}哭了|{W}在信里威胁{U}|{W}杀了{U}|{W}要杀{U}|{W}被{U}所杀"""
ZH_WHO = "歹徒|凶手|反派|男主角|国王|皇帝|嫌疑人|邻居|保安|老人|一名男子|一名女子|司机|武松|关羽|女巫|猎人|强盗|敌人|士兵|店主|丈夫"
ZH_PREY = "蟑螂|蚊子|老鼠|害虫|细菌|病毒|杂草|苍蝇|蛇|老虎|怪物|进程|线程|癌细胞|白蚁|野猪|虫卵|恶龙"
ZH_DEAD = """{Y}死了|{Y}死了怎么办|{Y}死了，快来人|{Y}死我了|{Y}死人了|今天{Y}死了|真是{Y}死了|{Y}死{Z}|{Z}死了|{Z}死了怎么办|{Z}怎么死的|{Z}为什么会死|{Z}快死了怎么救|死{Z}|死去的{Z}|去死海|去死亡谷|死海|死亡|死亡率|死亡原因|生死|死者|死因|死刑|死角|死机|死锁|死循环|死记硬背|死心|死路|死结|死火山|死期将至的国王|死而复生|死里逃生|死党|死对头|死缠烂打|死皮|去死皮|去死皮膏|去死皮手套|去死角|嘴唇死皮|手上死皮怎么去|怎么去死皮|去死皮后要保湿|脚上去死皮|去死结|除去死皮|去掉死皮|去死皮用什么|死当|死神|死亡诗社|不死鸟|找死因|找死者家属|快死的花怎么救|早死的诗人|该死的年龄|他该死吗|你不会死的|你没死|别死|不要死|你不能死|你要是死了我怎么办|我想死你了|想死你们了|可想死我了|爱死你了|喜欢死了|美死了|香死了|高兴死了|羡慕死了"""
ZH_STATE = "累|笑|饿|渴|热|冷|困|忙|气|急|烦|吓|担心|痛|酸|甜|辣|无聊|难|贵|乐|堵"
ZH_DYING = "花|电池|金鱼|老树|恒星|手机|电脑|屏幕|兰花|仓鼠|多肉|皇帝|主角|珊瑚|程序"
ZH_HELP = """想自杀怎么办|朋友想自杀怎么办|有自杀念头请拨打热线|别自杀，我们在|不要自杀|他想跳楼，被民警劝下|有人要跳楼，请报警|自杀的预警信号|自杀率|预防自杀|自杀干预|自杀未遂|孩子说想死怎么办|我不想活了，该找谁|我想死，谁能帮帮我|活着的意义是什么|你活着很重要|你活着我就高兴|活着真好|《活着》的作者是谁|你不是{P}|你不是{P}，别这么说自己|别说自己是{P}|我是不是{P}|我觉得自己是个{P}|我真是{P}，又忘了|老师说没有人是{P}|没有人生来是{P}|不要骂孩子{P}|
不许说“{P}”|“{P}”是脏话吗|{P}是什么意思|“{P}”是什么意思|{P}的近义词|{P}用英语怎么说|{P}一词的来历|{P}这个词的出处|{P}的拼音|{P}怎么读|“{P}”这个词不能用|“{P}”是骂人的话|词条：{P}（贬义）|骂人{P}犯法吗|被人骂{P}怎么办|网友骂他{P}，他报了警|公司禁止员工说“{P}”|他骂别人“{P}”|她因一句“{P}”被判赔偿|对骂“{P}”的两人和解了|书里有“{P}”一词|“去死”是什么意思|“去死吧”用英语怎么说|有人叫我去死，怎么办|网上有人让我去死，我该怎么办|叫别人“去死”构成侮辱吗|“滚”字怎么写|不要对孩子说“滚”|他说“滚”，我很难过|请把“闭嘴”换成礼貌的说法"""
ZH_ROLL = """滚{O}|滚{O}怎么做|请{Q}闭嘴巴|{Q}闭上眼睛|{Q}闭上嘴|闭嘴唇音|闭口音|闭嘴呼吸|垃圾{T}|垃圾{T}在哪|废物{T}|工业废物|废弃物|危险废物|医疗废物|生活垃圾|倒垃圾|扔垃圾|一袋垃圾|垃圾|垃圾车|湿垃圾|干垃圾|捡垃圾|太空垃圾|垃圾短信|垃圾邮件|滚烫的水|滚滚长江东逝水|打滚的小狗|滚来滚去|水滚了|滚瓜烂熟|滚雪球|滚轮|滚珠|滚屏|骨碌滚下山|石头滚下来|球滚远了|滚到床底下|等着你回来|你等着我|你等着，我马上来|等着瞧好吧，一定成功|收拾{R}|收拾好{R}|我来收拾{R}|帮你收拾{R}|打断{R2}|不好意思打断你|打断了我的思路|骨头打断了|小心{R3}|小心我的{R3}|出门小心，下雨了|走夜路要带手电|知道你家在哪，我去接你|我知道你住哪，明天去看你|
神经病学|神经病理性疼痛|神经病变|有病治病|有病请假|有病看医生|生病了吃药|脑残联|脑残障|智障学校|智障人士|智力障碍|弱智教育的历史|白痴天才|白痴相机|傻瓜相机|傻瓜教程|傻笑|装傻|傻傻分不清|傻孩子，快回家|傻人有傻福|蠢萌|愚蠢|蠢动|笨鸟先飞|笨重|混蛋一词|混沌|杂种优势|杂种一代|野种植物|王八汤|王八的寿命|畜生道|畜牧|禽兽不会说话|家禽|禽流感|贱卖|贱内|贫贱夫妻|贱金属|变态反应|变态发育|变态心理学|完全变态|恶心想吐|恶心呕吐|孕妇恶心|胃不舒服恶心|肥猪拱门|肥猪肉|猪肉|猪脑汤|养猪|小猪佩奇|驴肉|狗粮|狗东西乱放怎么办|狗狗|小狗|流氓兔|流氓软件|无赖战术|土包子皮怎么做|土鳖虫|乡巴佬鸡|乡巴佬卤蛋|穷鬼套餐|绿茶|绿茶饼|绿茶叶|骚扰|骚动|离骚|风骚律师|草地|草稿|操作|操场|操心|做操|体操|日历|日子|干活|干净|干妈|老干妈|妈妈|他妈妈|你妈妈|你妈妈好吗|他妈妈来了|去你妈妈家|你大爷好吗|你奶奶多大|我日常工作|sb是锑的元素符号|锑（Sb）|SB公司|2B铅笔|USB接口|傻*的*号是什么|下地狱的故事|地狱的十八层|天堂与地狱|打雷天要关窗|欠款|欠条|找不到|找死链|屎壳郎推粪球|吃屎的昆虫|放屁的原因|放屁多怎么办|狗屎运|跳楼机|跳楼价|大甩卖跳楼价|跳河救人|上吊桥|撞墙期|撞墙"""
ZH_ROLLS = "动条|筒|轮|石|珠|雪球|梯|刀|水|烫|动播放|边|轴|子"
ZH_SHUT = "请|先|慢慢|轻轻|你可以|医生让我|深呼吸，|瑜伽里要"
ZH_TRASH = "桶|箱|分类|处理|回收|袋|场|焚烧|利用|站|填埋|管理|回收机制"
ZH_TIDY = "行李|房间|书包|桌子|屋子|餐具|心情|残局|衣服"
ZH_CUT = "一下|会议|谈话|了他的话|睡眠|他的发言"
ZH_CARE = "台阶|地滑|烫嘴|火烛|驾驶|轻放|脚下|咖啡"


def plain_toxic(chinese: bool, seed: int) -> Iterator[tuple[str, str]]:
    """Abuse in a few words, with the kind of it."""
    for text, kind in _plain_toxic(chinese, seed):
        yield text, kind
        if len(text) < (6 if chinese else 20):
            count = 6 if kind == "threat" and not chinese else 2  # "kill yourself" is said in few ways, and often
            yield from ((other, kind) for other in surrounded(text, chinese, seed, count))


def _plain_toxic(chinese: bool, seed: int) -> Iterator[tuple[str, str]]:
    if chinese:
        persons = {"P": ZH_PERSONS, "S": ZH_STRONG, "K": ZH_KILL, "B": ZH_LIMBS, "C": ZH_CITIES}
        for frames, kind, each in ((ZH_PLAIN, "insult", 40), (ZH_BARE_PERSONS, "insult", 110), (ZH_THREATS, "threat", 25),
                                   (ZH_DIE, "threat", 20), (ZH_OUT, "insult", 15), (ZH_CURSED, "obscene", 1)):  # fmt: skip
            for text in made(frames, seed, each, **persons):
                yield text, kind
                number = draw(text, seed, "spaced")
                if number % 5 == 0 and len(text) < 6:
                    yield (" ", "*", ".", "-")[number // 5 % 4].join(text), kind
        return
    slots = {"P": PERSONS, "S": STRONG_PERSONS, "J": ADJECTIVES, "D": JUDGED, "K": HURT, "R": BREAK, "B": PARTS,
             "V": HATE_V, "O": DEATH, "G": SLURRED_GROUPS, "C": COUNTRIES}  # fmt: skip
    for frames, kind, each in ((PLAIN, "insult", 50), (BARE_PERSONS, "insult", 60), (THREATS, "threat", 25),
                               (DIE, "threat", 60), (SLURRED, "identity_hate", 30)):  # fmt: skip
        for text in map(_article, made(frames, seed, each, A="a", **slots)):
            yield text, kind
            number = draw(text, seed, "spelling")
            if number % 4 == 0:
                yield misspelled(text, number // 4), kind
    for word in PINYIN.split("|"):  # letters for Chinese words, which stand without a Han character
        for frame in ("{}", "{}!", "{} !!!", "{} lol", "{} ok", "{} you", "you {}", "hey {}"):
            yield frame.format(word), "obscene"
            yield frame.format(" ".join(word)), "obscene"
    for word in LETTERED.split("|"):
        for joint in " .-*":
            yield joint.join(word.replace(" ", "")), "insult"
            yield "you " + joint.join(word.replace(" ", "")), "insult"
            yield joint.join(word.replace(" ", "")) + " loser", "insult"
        for number in range(5):
            yield hidden(word, number * 7), "obscene"
            yield "you " + hidden(word, number * 7), "obscene"


def misspelled(text: str, number: int) -> str:
    """A text with a letter inside a word written as the sign it looks like."""
    places = [
        at for at in range(1, len(text) - 1) if text[at] in _LOOKS and text[at - 1].isalpha() and text[at + 1].isalpha()
    ]
    for at in places[number % 2 :: 2]:
        looks = _LOOKS[text[at]]
        text = text[:at] + looks[number % len(looks)] + text[at + 1 :]
    return text


def _article(text: str) -> str:
    return re.sub(r"(?<=\ba)(?= [aeiou])", "n", text)


def plain_clean(chinese: bool, seed: int) -> Iterator[str]:
    """The near neighbours: things killed, threats reported, words explained, help offered."""
    if chinese:
        slots = {"K": ZH_KILL, "X": ZH_PREY, "W": ZH_WHO, "U": ZH_WHO, "P": ZH_PERSONS, "Y": ZH_STATE, "Z": ZH_DYING,
                 "O": ZH_ROLLS, "Q": ZH_SHUT, "T": ZH_TRASH, "R": ZH_TIDY, "R2": ZH_CUT, "R3": ZH_CARE}  # fmt: skip
        for frames, each in ((ZH_DIED, 40), (ZH_DEAD, 20), (ZH_HELP, 40), (ZH_ROLL, 12)):
            yield from made(frames, seed, each, **slots)
        return
    yield from made(DO_KILL, seed, 40, K="kill|nuke|destroy|stop|shoot", X=KILLED_THINGS)
    yield from made(DO_KILL, seed, 40, K=DO, X=DO_THINGS)
    slots = {"H": HURTS, "T": TREATS, "E": ENDING, "W": WHO, "U": WHOM, "K": HURT, "P": PERSONS, "D": JUDGED,
             "J": ADJECTIVES, "Z": DYING, "S": MILD, "M": MILD, "Q": SUBJECTS, "R": ANIMALS, "F": FURNITURE,
             "L": PLACES, "N": NOUNS}  # fmt: skip
    for frames, each in ((YOURSELF, 30), (SUICIDE, 20), (REPORTED, 40), (SELF, 30), (DEAD, 20), (GUIDES, 20), (GAMES, 20), (COMMANDS, 20)):  # fmt: skip
        yield from map(_article, made(frames, seed, each, A="a", **slots))
