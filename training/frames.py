"""Sentences made from frames: groups named neutrally, words with a harmless sense, insults quoted and countered,
and abuse in the spellings that hide it. Labelled sets have next to none of these. The trap lines are never among them.
"""

from collections.abc import Iterator

import xxhash

GROUPS = """gay|lesbian|bisexual|transgender|queer|Black|white|Asian|Chinese|Japanese|Korean|Indian|Pakistani|Arab|Jewish|
Muslim|Christian|Hindu|Buddhist|Catholic|Mexican|Hispanic|African|American|Nigerian|Somali|Turkish|Polish|Russian|German|
Irish|Italian|Romani|Native American|Aboriginal|immigrant|refugee|disabled|deaf|blind|autistic|elderly|young|female|male|
homeless|poor|rich|Democratic|Republican|liberal|conservative|atheist|Palestinian|Israeli|Iranian|straight|feminist"""
PEOPLE = """gays|lesbians|Jews|Muslims|Christians|Hindus|Arabs|Mexicans|Africans|Asians|women|men|girls|boys|immigrants|
refugees|foreigners|black people|white people|gay people|trans people|disabled people|old people|teenagers|Chinese people|
Indians|Japanese people|Democrats|Republicans|liberals|conservatives|feminists|Native Americans|Koreans|Roma|Latinos|Hispanics|transgender people|homosexuals|blacks|whites|atheists|Buddhists|Catholics|Russians|Ukrainians|the deaf|the blind"""
PERSON = "man|woman|student|teacher|doctor|writer|couple|family|singer|community|neighborhood|athlete|actor|artist|lawyer|girl|boy|person|friend|colleague|politician|journalist|character|author"
NEUTRAL = """{A} {G} {P} moved in next door.|The {G} {P} next door grows tomatoes.|She is a {G} {P} from Ohio.|I am a {G} {P}.|
My best friend is a {G} {P}.|A {G} {P} won the prize this year.|The book tells the story of a {G} {P}.|
He interviewed a {G} {P} for the paper.|Write a short biography of a {G} {P}.|Describe the life of a {G} {P} in 1920.|
The {G} {P} spoke at the meeting.|A film about a {G} {P} opens in May.|Three {G} students joined the choir.|
{N} celebrate the festival with food and music.|{N} and their history are the subject of the course.|
Many {N} live in this part of town.|Some {N} voted for the proposal, others against it.|The share of {N} in the workforce has risen.|
The museum shows works by {N}.|{N} were not allowed to vote until 1920.|{N} have the same rights as everyone else.|
The survey asked {N} about their health.|What do {N} eat on holidays?|{N} gathered in the park on Sunday.|
{N} face discrimination in the job market.|List three organizations that support {N}.|Laws that protect {N} were passed in 1994.|
Explain the history of {N} in the United States.|How are {N} portrayed in film?|The charity helps {N} find housing.|
I grew up among {N} and {M}.|{N}, {M} and others signed the letter.|She studies the health of {N}.|
The rights of {N} are protected by the constitution.|The exhibition is about {N} in the nineteenth century."""
INSULTS = "idiot|moron|loser|stupid|dumb|ugly|worthless|trash|pig|coward|liar|clown|freak|fat|scum|bitch|bastard|retard|whore|slut|jerk|asshole|disgusting|pathetic|lazy|criminals|terrorists"
COUNTER = """He was sent home for calling a classmate "{I}".|Don't call people {I}.|It hurts to be called {I}.|She was called {I} at school.|
Why is the word "{I}" offensive?|The word "{I}" comes from an old root.|The post that used the word "{I}" was deleted.|
They shouted "{I}" at her, and the police took their names.|Being called {I} again and again makes children ill.|
The player was fined for saying "{I}" to the referee.|Rewrite this politely without the word {I}.|
"{I}" is an insult, and our rules forbid insults.|Is it ever fine to say {I} to a friend?|
It is false that {N} are {I}.|It is a prejudice that {N} are {I}.|Nobody should say that {N} are {I}.|
The claim that {N} are {I} is a stereotype.|He apologized for writing that {N} are {I}.|
The report counts attacks on {N}.|Stop hatred against {N}.|A man was charged after he insulted {N} on a bus.|
Racist remarks about {N} have no place here.|How can we fight prejudice against {N}?|Explain why this joke about {N} is harmful."""
HARMLESS = """kill the {X} before you restart it|this will kill the {X}|how to kill a hanging {X}|the {X} died after a timeout|
kill every {X} that does not answer|execute the {X}|abort the {X}|the {X} crashed again|attack the {X} problem first|
the {X} was killed by the kernel|dump the {X}|the slave {X} follows the master|a dead {X} is removed|strip the {X}|
a dumb {X} would do|the {X} hangs|blow away the old {X}|nuke the {X} and start again|the {X} sucks up memory"""
THINGS = "process|job|thread|server|session|task|container|worker|query|service|connection|script|daemon|node|tab|program|build|branch|cache|queue"
BODY = """breast|penis|vagina|rectum|anus|testicle|prostate|uterus|nipple|buttock|vulva|scrotum|clitoris|bladder|colon|cervix"""
MEDICAL = """{B} cancer is treated with surgery.|The {B} was examined by the doctor.|Pain in the {B} has many causes.|An infection of the {B} needs antibiotics.|
Draw a diagram of the {B}.|The {B} is an organ of the human body.|A tumor of the {B} was found early.|Describe the function of the {B}.|The nurse asked about the {B}.|
Symptoms include a swelling of the {B}.|The {B} develops during puberty.|Sexual health covers the {B} as well."""
CRIMES = "murder|rape|assault|robbery|abuse|kidnapping|terrorism|manslaughter|stabbing|shooting|torture|slavery|prostitution|trafficking|genocide|suicide|lynching|harassment|arson"
NEWS = """A man was arrested for {C}.|The court sentenced her to ten years for {C}.|Police are investigating a case of {C}.|
The victim of the {C} spoke to reporters.|The film deals with {C}.|The law on {C} was changed in 2011.|A study of {C} in large cities was published.|
The novel begins with a {C}.|What is the legal definition of {C}?|Two people died in the {C}, officials said.|Charges of {C} were dropped.|
The suspect in the {C} killed himself in his cell.|Witnesses of the {C} were threatened.|The {C} shocked the whole country.|How can {C} be prevented?"""
ANIMALS = """The {L} sleeps in the barn.|A {L} can live for twenty years.|The male {L} fights for the female.|We saw a {L} at the zoo.|The {L} eats worms.|Feed the {L} twice a day.|How long does a {L} live?|The farmer sold the {L}.|A {L} bit the dog.|The hunter shot a {L}.|The {L} is a mammal.|The {L} is a small bird.|A {L} is a female animal.|What is a {L}?|The word {L} means an animal here.|The vet examined the {L} and its young.|They had a {L} and a {M}.|A story of a {L} and a {M}.|The farmer keeps a {L}, a {M} and some geese."""
BEASTS = "pig|cow|donkey|ass|cock|bitch|tit|booby|snake|rat|dog|goat|ape|monkey|hen|chicken|jackass|beaver|pussycat|mule|sow|worm|cockroach|woodcock|vixen|shag|bastard toadflax"
IDIOMS = """I am dying of {Y}|that {Y} nearly killed me|what a crazy {Y}|the {Y} was stupidly good|I hate {Y}|this {Y} sucks|this {Y} is crap|the {Y} is terrible and a waste of money|damn, that {Y} was good|
holy cow, what a {Y}|he crushed it at the {Y}|the {Y} kicked my butt|we got destroyed in the {Y}|I'd kill for a {Y}|the {Y} is the bomb|stupid me, I forgot the {Y}|the worst {Y} I have ever had|my {Y} is broken and I am angry|
the {Y} is ugly but useful|what the hell happened to the {Y}|the {Y} scared me to death|kill the boss after the {Y}"""
STUFF = "pizza|workout|movie|game|laughter|coffee|exam|song|party|phone|weather|sandwich|concert|show|homework|burger|match|ride|hotel|restaurant|book|update|battery|lamp|delivery"

TOPICS = """racism|sexism|homophobia|bullying|cyberbullying|hate speech|poverty|crime|gun violence|the death penalty|abortion|immigration policy|slavery|segregation|the Holocaust|apartheid|colonialism|terrorism|drug abuse|alcohol abuse|obesity|mental illness|
depression|domestic violence|child labor|human trafficking|police brutality|corruption|inequality|gender equality|same-sex marriage|religious freedom|Islamism|antisemitism|extremism|war crimes|the Black Death|pollution|garbage disposal|waste sorting|sewage|pests|rats|parasites|animal cruelty|hunting|
capital punishment|freedom of speech|censorship|fake news|divorce|sexual health|sex education|stereotypes|prejudice|plagiarism|failure|negative self-talk|anger|grief|loneliness|stupidity|bad manners|profanity|satire|horror films|violent video games|the civil rights movement|the women's movement"""
ABOUT = """Write an essay on {T}.|What are the causes of {T}?|{T} affects millions of people every year.|The article discusses {T} in detail.|List five ways to reduce {T}.|Discuss the arguments for and against {T}.|How has {T} changed over time?|{T} is a serious problem in many countries.|
The effects of {T} on children are well documented.|Give me some facts about {T}.|The course covers {T} and its history.|Several laws deal with {T}.|1. {T}. 2. Education. 3. Health.|Victims of {T} should seek help.|Experts disagree about {T}.|A museum of {T} opened last year.|In short, {T} leads to distrust and harm."""
SAYING = """Calling people {I} does not help anyone.|Telling someone that he is {I} is rude.|To say "{I}" in class is against the rules.|Words like {I} hurt.|The word {I} is heard in the film.|Avoid words such as {I} in a formal letter.|"You are not {I}," the father told his son.|Nobody is {I} because of a mistake.|
Insults such as {I} are not allowed here.|The court decided that "{I}" is an insult.|In the play he is called {I} and leaves.|The song uses the word {I} twice.|People who call others {I} will be banned from the forum.|Sometimes I feel {I}, and then I talk to a friend.|I felt so {I} when I forgot my keys.|
I told myself that I am {I}, which is not true.|The word for {I} in French is not polite.|Is the sentence "you are {I}" an insult?|Label the comment "{I}" as toxic or not.|Their mother never let them say {I}.|She answered calmly when he called her {I}.|Translate the word {I} into German.|What is the origin of the word {I}?|
Accusing a person of being {I} is no proof.|Name-calling such as {I} ends every debate.|The mayor said he regretted the word "{I}".|Mocking others as {I} is bullying."""
TITLES = "Kill Bill|Dumb and Dumber|The Idiot Boy|American Psycho|The Hateful Eight|Dirty Dancing|Mean Girls|Bad Santa|Despicable Me|The Bastards|Murder on the Orient Express|Killing Eve|Shaun of the Dead|Dirty Harry|The Ugly Duckling|Stupid Cupid|Crazy Rich Asians|Die Hard|Death Proof|Snakes and Ladders|The Fat Duck|Pussy Galore|Cock Robin|Dick Tracy|The Ship of Fools|Idiocracy|The Dead|A Fish Called Wanda|Freaks and Geeks|Bitches Brew|The Bitch|Psycho|The Slave Ship|White Chicks|Blackkklansman|Moonlight"
TITLED = """The film {T} came out in 1994.|I watched {T} with my sister.|{T} is set in a small town.|The album {T} sold a million copies.|Who directed {T}?|The hero of {T} is a doctor.|Write a review of {T}.|The band played {T} as the last song.|{T} won two awards.|In {T}, the villain dies at the end."""
NAMES = "Dick|Cox|Hancock|Cockburn|Butts|Weiner|Fuchs|Dong|Wang|Kuntz|Cummings|Gaylord|Gay|Hooker|Cummins|Dickinson|Cockerell|Assange|Bassett|Lipshitz|Focker|Shih Tzu|Bich|Phuc|Titus|Hoare|Slutsky|Crapper|Sackville|Hoe|Pratt|Dick Turpin|Dick Cheney|Dick Grayson|Philip K. Dick|Uncle Dick|Dick Francis|Dick Fosbury|Little Dick|Mary Cockburn|Old Dick"
NAMED = """Mr. {K} teaches history.|Dr. {K} wrote the report.|My cousin {K} lives in Leeds.|{K} scored twice.|Ms. {K} and I signed the contract.|The {K} family owns the shop.|Call {K} on Monday.|{K} Street is closed today.|Professor {K} was born in 1950.|{K} had a {L} and a {M}.|{K} went to London with his {L}.|Once upon a time {K} kept a {L}.|{K} is a character in a story."""

BARE = """{A} {G} {P}|the {G} {P}|{G} {P}s|{G}|{N}|{N} and {M}|Keywords: {G}, {P}|a photo of {A} {G} {P}|{G} rights|{G} history|{G} culture|{P}: {G}|{N} in art|{N} at work|the {G} vote|young {N}|old {N}|{G} and {N}|my {G} {P}|two {G} {P}s|a list of {G} {P}s"""
CODE = """def {V}(self): return self.{V}d|process.{V}()|os.{V}(pid, signal.SIGTERM)|raise {V}Error("{X}")|{V} -9 {X}|if not {X}: {V}("usage")|import {V}|${X} | {V}|sudo {V} {X}|{X}.{V}(timeout=3)|void {V}(int {X}) {{ return; }}|await {X}.{V}All()|# {V} the {X} after use|docker {V} {X}|assert {X}.{V} is None|class {V}Handler(object): pass|SELECT {X} FROM {V} WHERE id = 1|self.{X}.{V}(self.pid)|subprocess.{V}({X}, shell=True)|signal.SIG{V}|{V}({X}.pid, SIGKILL)"""
CODE_VERBS = "kill|abort|die|strip|dump|exec|execute|hang|trap|attack|destroy|nuke|suck|assassin|assert|pass|bash|ass|sex|hack|crash|fork|reap|slave|master|dummy|junk|garbage|trash|screw|pop|shit|blow|bang|pimp|butt"

ABUSE_WORDS = "fuck|fucking|fucker|shit|shitty|bitch|bitches|cunt|asshole|bastard|dick|dickhead|pussy|whore|slut|faggot|fag|nigger|nigga|retard|retarded|motherfucker|bullshit|dumbass|douche|twat|wanker|prick|moron|idiot|scum|cock|cocksucker|hoe|dyke|tranny|spic|chink|kike|jackass|piss|crap|damn"
STRONG = "fuck|fucking|fucker|shit|bitch|cunt|asshole|dickhead|whore|slut|faggot|nigger|motherfucker|bullshit|dumbass|wanker|cocksucker|bastard"
ABUSE = """you are a {W}|you {W}|shut up you {W}|what a {W}|he is such a {W}|{W} you|go to hell you {W}|get lost {W}|nobody likes you, {W}|she is a fat ugly {W}|these {W}s make me sick|
you're a worthless {W} and everybody knows it|only a {W} would write this|eat shit {W}|your mother is a {W}|stupid {W}|dirty {W}|you stupid {W}|you dirty {W}|what the {W} is wrong with you|die {W}"""
CURSES = """fuck off|fuck you|go fuck yourself|shut the fuck up|what the fuck|eat a dick|piece of shit|you piece of shit|full of shit|bunch of assholes|son of a bitch|kiss my ass|up your ass|stupid ass|dumb as fuck|suck my dick|you suck|
fuck this|fuck them all|fuck the {N}|shut your mouth, bitch|bitch please|these hoes|go to hell|get the fuck out of here|you fucking idiot|fucking idiots|lying sack of shit|you dumb bitch|screw you|piss off|bullshit|what a load of crap|holy fucking shit"""
PLAIN_INSULTS = "idiot|moron|imbecile|loser|stupid cow|dumb pig|worthless piece of trash|scumbag|pathetic loser|brainless clown|filthy pig|lying rat|disgusting freak|useless fool|cretin|degenerate|spineless coward|dimwit|halfwit|waste of oxygen|ugly troll|low life|fat slob|piece of garbage|vile creature|brain dead sheep|hateful bigot|evil monster|retard"
INSULT = """you are a {I}|you're such a {I}|what a {I} you are|shut up, {I}|he is nothing but a {I}|she is a total {I}|listen, you {I}|these people are {I}s|only a {I} believes that|nobody wants to hear from a {I} like you|you {I}!|our president is a {I}|
that {I} should be in prison|I hope that {I} rots in hell|you and your {I} friends|typical {I}|everyone here thinks you are a {I}|go away {I}|the author is a {I}|get a brain, {I}"""
THREATS = """i will kill you|i'm going to kill you|i will find you and kill you|i'll beat you up|i will break your legs|you will die tonight|watch your back, you're dead|i will burn your house down|kill yourself|go kill yourself|go hang yourself|you should kill yourself|
i hope you die|i hope you get cancer and die|i will cut your throat|someone should shoot you|i want to see you bleed|we know where you live and we will come for you|i'll smash your face in|drink bleach and die|i will make you suffer|you deserve to be shot|i am going to rape you|do the world a favor and jump off a bridge"""
HATE = """all {N} should be {V}|{N} are {D}|i hate {N}, they are {D}|{N} should {E}|{N} are nothing but {D}|we don't want {N} here, they are {D}|filthy {N}|those damn {N} ruin everything|{N} are ruining this country|never trust {N}, they are all {D}|send the {N} back where they came from|{N} are subhuman"""
HATE_V = "shot|deported|gassed|killed|locked up|wiped out|hanged|burned|exterminated|thrown out"
HATE_D = "vermin|animals|criminals|parasites|filth|disgusting|scum|savages|subhuman|cockroaches|trash|terrorists|a disease|inferior|stupid and lazy|rats"
HATE_E = (
    "all die|go back to their own country|burn in hell|be wiped off the earth|not be allowed to breed|know their place"
)

ZH_GROUPS = "黑人|白人|亚裔|华人|日本人|韩国人|印度人|犹太人|穆斯林|基督徒|佛教徒|非洲人|美国人|俄罗斯人|越南人|河南人|东北人|上海人|北京人|广东人|四川人|山东人|新疆人|湖南人|外地人|农民工|女性|男性|女生|男生|女司机|同性恋者|双性恋者|跨性别者|残疾人|聋人|盲人|老年人|移民|难民|少数民族|维吾尔族|藏族|回族|外国人|台湾人|香港人|女权主义者|单身女性|家庭主妇|同性恋|安徽人|潮汕人|乡下人|黄种人"
ZH_NEUTRAL = """{N}的历史是这门课的主题。|许多{N}住在这个街区。|{N}和{M}一起参加了活动。|他采访了一位{N}。|我的同事里有几位{N}。|{N}的平均寿命有所提高。|请介绍{N}的传统节日。|{N}喜欢吃什么？|
{N}的权利受法律保护。|{N}在就业中会遇到歧视。|一部关于{N}的电影上映了。|这家公司雇用了不少{N}。|{N}的人口比例逐年上升。|博物馆展出了{N}的作品。|{N}享有同样的受教育权。|我是{N}，在这里生活了十年。|
研究者调查了{N}的健康状况。|为{N}提供免费的法律咨询。|写一篇关于{N}的短文。|{N}作家获得了文学奖。|{N}的音乐很有特色。|列举三个帮助{N}的组织。|{N}曾经没有选举权。|{N}和其他人一样努力工作。|
这位{N}医生很受病人欢迎。|{N}球员进了两个球。|{N}的饮食习惯与气候有关。|{N}运动的起源是什么？|{N}一般怎么过年？|新来的老师是{N}。"""
ZH_INSULTS = "白痴|笨蛋|废物|傻子|垃圾|蠢货|懒|笨|坏人|小偷|骗子|丑|胖子|神经病|猪|娘娘腔|狗|畜生|人渣|贱人|婊子|傻逼|野种|智障|脑残|恐怖分子|罪犯"
ZH_COUNTER = """不要叫别人“{I}”。|他因为骂同事“{I}”被开除了。|被人叫作“{I}”让她很难过。|“{I}”这个词为什么伤人？|论坛规定不许使用“{I}”一类的词。|说{N}都是{I}，是一种偏见。|{N}并不是{I}。|没有证据说明{N}更{I}。|
把{N}说成{I}是刻板印象。|歧视{N}是错误的。|请停止对{N}的歧视。|他为辱骂{N}的言论道歉。|有人因为攻击{N}被警方拘留。|我们怎样消除对{N}的偏见？|针对{N}的仇恨言论有所增加，报告指出。|请反驳“{N}都是{I}”的说法。|
文中引用的“{I}”一词出自网友的评论。|球迷冲他喊“{I}”，俱乐部对此表示谴责。|“{I}”在古代是什么意思？|老师告诉学生，骂人“{I}”是不礼貌的。|你不是{I}，别难过。|请把这句话改得礼貌一些，不要用“{I}”。|希望大家不要再骂{N}了。|很多人对{N}有误解。"""
ZH_HARMLESS = """如何杀死{X}？|{X}挂了，请重启。|强制终止{X}。|{X}已经死了，需要清理。|攻击者入侵了{X}。|把{X}干掉再跑一遍。|{X}崩溃了怎么办？|脏{X}要定期清除。|{X}被系统杀掉了。|从{X}跟随主{X}。|操作{X}之前先备份。|暴力重启{X}。|干掉卡住的{X}。"""
ZH_THINGS = "进程|线程|服务器|任务|容器|节点|数据库|缓存|脚本|程序|连接|会话|服务|作业|队列|页面|系统"
ZH_BODY = "乳房|阴道|阴茎|肛门|直肠|睾丸|前列腺|子宫|乳腺|臀部|卵巢|外阴|包皮|精子|卵子|月经|性器官|性生活"
ZH_MEDICAL = """{B}疾病应及时就医。|{B}的结构是怎样的？|医生检查了{B}。|{B}疼痛的原因有很多。|{B}癌的早期症状。|请说明{B}的功能。|{B}感染需要用抗生素。|教材里有一节讲{B}。|{B}异常要去医院。|如何保护{B}健康？"""
ZH_CRIMES = "谋杀|强奸|抢劫|绑架|诈骗|家暴|杀人|故意伤害|性侵|卖淫|嫖娼|贩毒|恐怖袭击|纵火|虐待|校园霸凌|跟踪骚扰|自杀|盗窃|屠杀"
ZH_NEWS = """警方破获一起{C}案。|法院对{C}案作出判决。|{C}的受害者可以求助。|{C}在我国属于违法犯罪。|小说从一起{C}案写起。|一名男子因{C}被判刑。|如何预防{C}？|{C}事件震惊全国。|{C}的法律定义是什么？|专家分析了{C}的原因。|记者报道了{C}的经过。|嫌疑人承认了{C}的事实。"""
ZH_ANIMALS = """{L}在院子里睡觉。|{L}的寿命有多长？|母{L}生了几只小的。|公{L}比母{L}大。|{L}怎么养？|{L}吃什么？|把{L}关进笼子里。|{L}肉怎么做好吃？|农民卖掉了{L}。|动物园里有{L}。|杀{L}之前要放血。"""
ZH_BEASTS = "猪|狗|鸡|鸭|驴|牛|羊|乌龟|王八|蛇|老鼠|猴子|狼|狐狸|骡子|蛤蟆|牲畜|畜生|鸟|鱼"
ZH_IDIOMS = """{Y}太难了，烦死了。|{Y}真垃圾，再也不买了。|这个{Y}太烂了，要求退款。|{Y}好吃到爆。|{Y}笑死我了。|累死了，终于做完{Y}了。|我真笨，忘了{Y}。|{Y}吓死人了。|{Y}好贵，气死我了。|{Y}绝了，太棒了。|{Y}真坑爹。|{Y}很无聊，浪费时间。|{Y}被虐惨了。|{Y}坏了，客服也不理我，很生气。"""
ZH_STUFF = "作业|火锅|电影|游戏|手机|外卖|考试|快递|比赛|会议|过山车|奶茶|小说|酒店|水壶|耳机|地铁|加班|代码"
ZH_TOPICS = "死刑|种族歧视|性别歧视|地域歧视|网络欺凌|校园霸凌|仇恨言论|贫困|犯罪率|枪支暴力|垃圾分类|垃圾邮件|厨余垃圾|奴隶制|种族隔离|殖民主义|恐怖主义|毒品|酗酒|肥胖|精神疾病|抑郁症|家庭暴力|童工|腐败|不平等|性别平等|同性婚姻|宗教自由|反犹主义|极端主义|战争|鼠疫|污染|害虫|寄生虫|虐待动物|言论自由|网络诈骗|木马病毒|离婚|性教育|刻板印象|偏见|抄袭|失败|愤怒|孤独|脏话|讽刺|恐怖片|民权运动|妇女运动|难民危机|人口老龄化|重男轻女|冤案|屈死的人|鬼神|自然灾害|海平面上升|滥用职权|任人唯亲|双重标准|失业|弱势群体|少数族裔|生命权|人身攻击|语言暴力"
ZH_ABOUT = """{T}的影响主要表现在以下几个方面。|请写一篇关于{T}的文章。|{T}的原因是什么？|怎样减少{T}？|{T}是许多国家面临的严重问题。|请列出五点关于{T}的看法。|一、{T}；二、教育；三、健康。|{T}的历史可以追溯到很久以前。|支持和反对{T}的理由各有哪些？|
{T}与社会、经济等因素有关。|专家对{T}的看法不一。|政府应当重视{T}问题。|{T}会给人们的生活带来威胁。|法律对{T}有明确规定。|请解释{T}的概念。|处理{T}的方法有很多。|{T}剥夺了人们的权利。|小说以{T}为主题。|报告{T}时要说明时间和地点。|民间有许多关于{T}的传说。"""
ZH_SAYING = """骂别人“{I}”是不对的。|为什么不能说别人{I}？|“{I}”是一种侮辱性的说法。|他在电影里被叫作{I}。|我觉得自己像个{I}，忘了带钥匙。|别说自己是{I}。|“{I}”用英语怎么说？|判断“{I}”这句话是否有害。|小说里的{I}最后改过自新。|“{I}”一词源自方言。|把“你是{I}”改成礼貌的话。|孩子学会了说“{I}”，家长很着急。|没有人是{I}。|
书中写他大骂一声“{I}”，转身走了。|用“{I}”称呼他人会被禁言。|《{I}》是一部老电影。"""
ZH_BARE = """{N}|{N}和{M}|{N}的权利|{N}文化|{N}音乐|{N}的生活|关键词：{N}|一位{N}|两名{N}|年轻的{N}|{N}作家|关于{N}|{N}饮食|一张{N}的照片|{N}历史|{N}运动"""
ZH_WORDS = "傻逼|煞笔|脑残|智障|白痴|废物|垃圾|贱人|贱货|婊子|王八蛋|狗东西|畜生|人渣|杂种|混蛋|狗杂种|蠢货|蠢猪|死肥猪|臭婊子|狗日的|龟孙|神经病|死变态|傻叉|沙比|傻b|脑瘫|狗娘养的|贱婢|弱智|败类|臭傻逼|死全家的|下贱东西|丑八怪|臭不要脸的|老不死的"
ZH_ABUSE = """你这个{W}|你就是个{W}|{W}，滚|滚，{W}|你们这些{W}|真是{W}|闭嘴吧{W}|{W}也配说话|一群{W}|你全家都是{W}|他是个{W}|她就是个{W}|去死吧{W}|{W}东西|骂的就是你，{W}|你个{W}|看见你这种{W}就恶心|{W}玩意|{W}别叫了|这个{W}又来了|楼主{W}|写这个的人是{W}"""
ZH_THREATS = """我要杀了你|我要弄死你|打死你|砍死你|信不信我打死你|你给我等着，我弄死你全家|去死吧|你怎么不去死|祝你全家死光|死全家|我捅死你|你等着挨揍吧|我知道你住哪，今晚就来收拾你|打断你的腿|你不得好死|赶紧去死|你活着就是浪费空气，去跳楼吧|他妈的再说一句我砍你|让你见不到明天的太阳|我一刀捅死你|扒了你的皮|烧了你家"""
ZH_CURSES = """操你妈|草你妈|操你大爷|你妈的|他妈的什么玩意|你妈死了|尼玛的|去你妈的|滚你妈的|妈的智障|日你妈|你妈逼|cnm|nmsl|你tm有病吧|tmd|他妈的|妈卖批|狗日的|我操你全家|干你娘|滚蛋|你tm就是个傻b|吃屎去吧|放你妈的屁|狗屁不通的东西|死一边去|你脑子有病|脑子进水了吧你"""
ZH_HATE = """{N}都是{D}|{N}都该{E}|最恶心{N}了|{N}没一个好东西|{N}就是{D}|死{N}滚出去|{N}全是{D}，滚回去|讨厌{N}，一群{D}|{N}天生就是{D}|把{N}都{V}|{N}果然又蠢又坏|{N}不配活着|{N}的素质就是低"""
ZH_HATE_D = "垃圾|小偷|骗子|猪|蛆|畜生|劣等人|寄生虫|蛮子|废物|强奸犯|恐怖分子|贱种|狗"
ZH_HATE_E = "死|滚出去|被赶走|关起来|绝种|下地狱"
ZH_HATE_V = "赶出去|杀光|关起来|灭了|枪毙"


AROUND = (
    ("", "", "hey, ", "lol ", "well, ", "and ", "Dude, ", "listen: "),
    ("", "!", "!!!", ".", " lol", ", ok?", " now", " man", " you hear me", " and leave"),
)
ZH_AROUND = (
    ("", "", "我", "你", "老子", "真是", "呵呵，", "喂，", "就是"),
    ("", "！", "！！！", "。", "吧", "啊", "了", "，滚", "哈哈", "，听见没", "，别来烦我"),
)


def clean_frames(chinese: bool, seed: int, each: int = 60) -> Iterator[str]:
    """Sentences that are not toxic."""
    if chinese:
        yield from made(ZH_NEUTRAL, seed, each, N=ZH_GROUPS, M=ZH_GROUPS)
        yield from made(ZH_BARE, seed, each, N=ZH_GROUPS, M=ZH_GROUPS)
        yield from made(ZH_COUNTER, seed, each, N=ZH_GROUPS, I=ZH_INSULTS)
        for frames, slots in ((ZH_HARMLESS, {"X": ZH_THINGS}), (ZH_MEDICAL, {"B": ZH_BODY}), (ZH_NEWS, {"C": ZH_CRIMES}),
                              (ZH_ANIMALS, {"L": ZH_BEASTS}), (ZH_IDIOMS, {"Y": ZH_STUFF}),
                              (ZH_ABOUT, {"T": ZH_TOPICS}), (ZH_SAYING, {"I": ZH_INSULTS})):  # fmt: skip
            yield from made(frames, seed, each // 2, **slots)
        return
    yield from made(NEUTRAL, seed, 2 * each, A="A", G=GROUPS, P=PERSON, N=PEOPLE, M=PEOPLE)
    yield from made(BARE, seed, 4 * each, A="A", G=GROUPS, P=PERSON, N=PEOPLE, M=PEOPLE)
    yield from made(COUNTER, seed, each, I=INSULTS, N=PEOPLE)
    for frames, slots in ((HARMLESS, {"X": THINGS}), (MEDICAL, {"B": BODY}), (NEWS, {"C": CRIMES}),
                          (ANIMALS, {"L": BEASTS, "M": BEASTS}), (IDIOMS, {"Y": STUFF}), (CODE, {"V": CODE_VERBS, "X": THINGS}), (ABOUT, {"T": TOPICS}),
                          (SAYING, {"I": INSULTS}), (TITLED, {"T": TITLES}), (NAMED, {"K": NAMES, "L": BEASTS, "M": BEASTS})):  # fmt: skip
        yield from made(frames, seed, each // 2, **slots)


def toxic_frames(chinese: bool, seed: int, each: int = 60) -> Iterator[tuple[str, str]]:
    """Abuse, with the kind of it."""
    for text, kind in _toxic(chinese, seed, each):
        yield text, kind
        if kind in ("threat", "obscene", "insult") and len(text) < (12 if chinese else 40):
            yield from ((other, kind) for other in surrounded(text, chinese, seed, 3))


def surrounded(text: str, chinese: bool, seed: int, count: int) -> Iterator[str]:
    """A text said alone or with little around it."""
    before, after = ZH_AROUND if chinese else AROUND
    for number in range(count):
        drawn = draw(f"{text}{number}", seed, "around")
        yield before[drawn % len(before)] + text + after[drawn // 97 % len(after)]


def _toxic(chinese: bool, seed: int, each: int) -> Iterator[tuple[str, str]]:
    if chinese:
        for frames, kind, slots in ((ZH_ABUSE, "insult", {"W": ZH_WORDS}), (ZH_THREATS, "threat", {}), (ZH_CURSES, "obscene", {}),
                                    (ZH_HATE, "identity_hate", {"N": ZH_GROUPS, "D": ZH_HATE_D, "E": ZH_HATE_E, "V": ZH_HATE_V})):  # fmt: skip
            for text in made(frames, seed, each, **slots):
                yield text, kind
                drawn = draw(text, seed, "obfuscate")
                if drawn % 4 == 0:
                    yield (" ", "*", ".", "-")[drawn // 4 % 4].join(text), kind
        return
    for frames, kind, slots in ((ABUSE, "obscene", {"W": ABUSE_WORDS}), (CURSES, "obscene", {"N": PEOPLE}), (INSULT, "insult", {"I": PLAIN_INSULTS}), (THREATS, "threat", {}),
                                (HATE, "identity_hate", {"N": PEOPLE, "V": HATE_V, "D": HATE_D, "E": HATE_E})):  # fmt: skip
        for text in made(frames, seed, each, **slots):
            yield text, kind
    for text in made(ABUSE, seed, each * 2, W=STRONG):
        for word in STRONG.split("|"):
            if word in text:
                yield text.replace(word, hidden(word, draw(text, seed, "hide"))), "obscene"
                break


def hidden(word: str, number: int) -> str:
    """A word in a spelling that hides it."""
    vowels = [place for place, letter in enumerate(word) if letter in "aeiou"] or [1]
    place = vowels[number % len(vowels)]
    way = number // 7 % 5
    if way == 0:
        return word[:place] + "*" + word[place + 1 :]
    if way == 1:
        return word[0] + "*" * (len(word) - 2) + word[-1]
    if way == 2:
        return word[:place] + "#@"[number // 35 % 2] + word[place + 1 :]
    if way == 3:
        return word[:1] + "*" * (len(word) - 1) if len(word) < 6 else word[:2] + "**" + word[4:]
    return (
        word[:place] + "v" + word[place + 1 :]
        if word[place] == "u"
        else word[:place] + word[place] * 2 + word[place + 1 :]
    )


def made(frames: str, seed: int, each: int, **slots: str) -> Iterator[str]:
    """Every frame with its slots filled, up to ``each`` times; without slots once."""
    choices = {name: [one.strip() for one in words.replace("\n", "").split("|")] for name, words in slots.items()}
    for frame in (one.strip() for one in frames.replace("\n", "").split("|")):
        used = [name for name in choices if "{" + name + "}" in frame]
        seen = set()
        for number in range(each if used else 1):
            filled = {name: choices[name][draw(f"{frame}{number}", seed, name) % len(choices[name])] for name in used}
            text = frame.format(**filled)
            if text not in seen:
                seen.add(text)
                yield text[0].upper() + text[1:] if text[0].isascii() and number % 2 else text


def draw(text: str, seed: int, purpose: str) -> int:
    """A number that hangs on a text, the seed and what it is for."""
    return xxhash.xxh3_64_intdigest(f"{purpose}\x1f{text}".encode(), seed)
