package authimpl

// commonPasswords are the words that guessing begins with, in lower case and without the digits and signs around them
// (weakness.isCommon takes those off): names, teams, affection, sequences, defaults of devices.
const commonPasswords = `
password passwords passwort passphrase passw0rd password1 pass passcode passkey mypassword thepassword newpassword oldpassword
changeme changeit letmein letmeinn letmein letmeinnow welcome welcomeback hello hellohello helloworld hallo hola bonjour
admin administrator adminadmin root rootroot toor user useruser guest default master mastermaster login loginlogin signin
secret secrets topsecret supersecret mysecret private access accessdenied temp temporary test testtest testing tester testpass
testpassword qwerty qwertyui qwertyuiop qwertz azerty asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc wsxedc qweasd qweasdzxc
qweqwe asdasd zxczxc asdf qwer zaqwsx zaqxsw abcabc abcdefg abcdefgh abcd abcdef abcde aaaaaa abcxyz xyzxyz
iloveyou iloveu iloveme iloveyousomuch loveyou loveme lovelove love lovely lover lovers iloveyouu imissyou teamo tequiero
mylove truelove firstlove babylove ilovegod jesus jesuschrist jesusislord christ heaven angel angels angelina blessed blessing
faith god godisgood amen grace hope believe bible church
monkey dragon dragons tiger tigers lion lions bear bears panda eagle eagles falcon wolf wolves panther horse horses pony dog
dogs doggy puppy cat cats kitty kitten hellokitty bunny rabbit turtle dolphin dolphins shark spider butterfly chicken mouse
snake phoenix unicorn pokemon pikachu digimon
sunshine sunflower sunny summer winter spring autumn rainbow rainbows starlight moonlight moon star stars shadow shadows storm
thunder lightning fire freedom forever always never nothing whatever something anything everything
princess prince queen king kingdom baby babygirl babyboy babydoll girl boy sweet sweetie sweetheart sweety honey sugar candy
cookie cookies chocolate cupcake peaches peach cherry banana bananas orange apple apples strawberry lemon pepper cheese pizza
burger coffee beer whiskey vodka
football football1 soccer baseball basketball softball hockey tennis golf golfer cricket rugby swimming volleyball skate skater
boxing wrestling racing nascar yankees dodgers redsox cowboys steelers packers patriots raiders lakers bulls celtics chelsea
arsenal liverpool manchester manutd mancity barcelona realmadrid juventus milan bayern ronaldo messi jordan beckham
superman batman spiderman ironman wonderwoman hulk avengers marvel starwars startrek skywalker yoda jedi matrix neo harrypotter
hogwarts frodo gandalf naruto sasuke goku vegeta sonic mario luigi zelda minecraft fortnite roblox callofduty warcraft
starcraft counterstrike playstation xbox nintendo gamer gaming games game
computer internet google facebook twitter instagram youtube snapchat tiktok whatsapp microsoft windows linux ubuntu apple
android iphone samsung nokia motorola sony dell toshiba lenovo amazon netflix spotify paypal linkedin myspace yahoo gmail
hotmail email mail webmaster server network database oracle mysql cisco router wireless wifi internet
michael michelle jessica ashley jennifer daniel danielle andrew andrea anthony matthew joshua joseph joshua jonathan jordan
thomas robert robbie richard charlie charles william williams nicholas nicole amanda melissa elizabeth samantha stephanie
stephen steven justin jasmine brandon christian christina christopher david davidson james jason jackson john johnny johnson
george harry harley hannah heather hunter jack jake karen kevin kimberly laura lauren maggie maria mariana marie martin mary
max maxwell mercedes morgan natalie nathan oliver olivia pamela patrick paul peter rachel rebecca ryan sabrina sandra sarah
scott sophie taylor tiffany tyler vanessa victor victoria vincent zachary alex alexander alexandra alexis amber anna annie
barbara benjamin brian brittany bailey buster carlos caroline chris claudia cooper crystal diana diamond dennis eduardo emily
eric francis frank gabriel gabriela ginger isabella ivan jose juan julia karina lucky luis marcos marcus miguel molly monica
nikita pablo pedro rocky roberto sergio simon sofia sophia valentina veronica
flower flowers rose roses daisy lily violet jasmine blossom beautiful pretty gorgeous handsome cutie sexy sexygirl hottie
bigdaddy daddy mommy mother father family brother sister friend friends friendship bestfriend together myself
ferrari porsche mustang corvette camaro chevy chevrolet toyota honda yamaha suzuki kawasaki ducati harley bmw mercedes audi
volkswagen nissan mazda
black blue bluesky green red redred white yellow purple pink silver golden gold platinum diamond diamonds crystal
london paris newyork chicago boston dallas houston texas florida california america american canada mexico brasil brazil
argentina colombia espana portugal france germany deutschland italia england ireland scotland russia india pakistan china
japan tokyo korea africa australia sydney london
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
november december christmas halloween birthday holiday vacation weekend
ncc1701 thx1138 trustno trustnoone trustme blink blinky metallica slipknot nirvana greenday linkinpark eminem tupac beatles
elvis michaeljackson music guitar guitars piano drummer rockstar rocknroll hiphop dancer dance dancing singing
money moneymoney cash dollar dollars million millionaire billionaire bitcoin crypto ethereum business company office work
manager boss sales service services support student students teacher school college university doctor nurse lawyer police
soldier army navy marine marines sniper killer hacker hackers ninja samurai pirate pirates warrior warriors legend legends
hero heroes champion champions winner winners victory genius
fuckyou fuckme fuckoff fuck asshole bitch bullshit shit pussy dick sexsex sex
asdfasdf qwerqwer zxcvzxcv poiuytrewq lkjhgfdsa mnbvcxz poiuyt lkjhgf qpwoei alskdj zmxncb qwertyqwerty
changeme changethis nopassword nopass blank none empty null undefined unknown public sample example demo demodemo
letitbe letsgo opensesame sesame abracadabra hocuspocus magic wizard merlin mystery secret123 knight
password123 password12 password1234 passwd passwdpasswd pwd pass123 pass1234 admin123 root123 user123 test123 qwerty123 abc123
1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 q1w2e3r4 zaq12wsx zaq1zaq1 a1b2c3d4 1a2b3c4d a123456 p4ssw0rd
correcthorse thunderbird firebird blackbird hummingbird bluebird nightmare nightmares midnight twilight eclipse
skyline skywalker cowboy cowgirl hollywood broadway goldfish starfish cameron mustangs redskins broncos dolphin1
`
